// VIPs that are taken already where the node stands. Attaching the address of a gateway or of a BGP
// peer would cut the node off from it, and with it every route of the node: such a VIP is neither
// attached nor announced. One in a subnet of the node is announced, and told about: routers follow
// the route, but hosts of that subnet look for it among themselves.
#pragma once

#include "core/turn.hpp"

namespace vipherd::core {

/// Compares the VIPs of the configuration with the surroundings, and tells what is new. True if
/// another set of them is refused: then all services are to be asked again.
bool compare_surroundings(Turn& turn);
/// Takes the peers that bgpd has for this VIP's VRF, if the answer names any. True if they changed.
bool take_bgp_peers(State& state, const model::event::Observed& observed);
/// Why the VIP must not be on this node; null if nothing is known against it.
const std::string* refusal_of(const State& state, const IpAddress& vip);

}  // namespace vipherd::core
