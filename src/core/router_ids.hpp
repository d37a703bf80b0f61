// The router ids that the protocols' daemons use. FRR takes the highest address of lo if none is
// configured, so that one may be a VIP: then it changes with the VIP, and all nodes that announce
// the VIP have the same. Two routers with one id count as one: what either announces takes the
// other's place. Both are problems of their own, for the VIPs may look announced on every node.
#pragma once

#include "core/turn.hpp"

namespace vipherd::core {

/// Takes what the daemons that were asked for a VIP said of their router ids, and tells what is
/// new.
void take_router_ids(Turn& turn, const model::event::Observed& observed);
/// Compares all with the VIPs of the configuration, and forgets what is too old to be said.
void compare_router_ids(Turn& turn);

}  // namespace vipherd::core
