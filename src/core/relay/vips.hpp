// Which VIPs the relay is about: those that are local on this node, in the default VRF.
#pragma once

#include "core/turn.hpp"

namespace vipherd::core {

/// To be called at the end of a turn. What is told comes first among the turn's actions: a VIP is
/// the relay's before it is announced, and no more before it is detached.
void tell_relay(Turn& turn);

}  // namespace vipherd::core
