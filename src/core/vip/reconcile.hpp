// The life of one VIP: attach, announce, withdraw, detach, in the only safe order.
// Level-triggered: events record what was seen, reconcile() compares it with what is
// wished and asks for the next step. Knows nothing of checks and services.
#pragma once

#include "core/turn.hpp"

namespace vipherd::core {

/// Asks for what is missing and sets the VIP's alarm. Erases the VIP from the state once it
/// is released for good; `vip` must not be used after that.
void reconcile(Turn& turn, const IpAddress& vip);
void reconcile_vips_of(Turn& turn, const ServiceState& service);
void reconcile_all(Turn& turn);

}  // namespace vipherd::core
