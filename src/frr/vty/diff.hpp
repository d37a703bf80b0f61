// What to write next so that a daemon holds what is wanted: from desired and what it holds to a
// batch of commands. Pure.
#pragma once

#include "frr/vty/machine.hpp"

namespace vipherd::frr::vty {

/// Whether bgpd, as it was last read, holds something else of this VIP than is wanted.
bool differs(const State& state, const DesiredRoutes& desired, const IpAddress& vip);
/// Route-maps that bgpd needs for what is dirty and does not hold as they should be; empty if none.
/// They are added to `written_maps`.
std::vector<Command> diff_route_maps(State& state, const DesiredRoutes& desired);
/// Statements for up to kBatch dirty VIPs, which move from `dirty` to `working`; then, when
/// nothing is dirty any more, the removal of route-maps that nothing uses.
std::vector<Command> diff_networks(State& state, const DesiredRoutes& desired);
/// Up to kListBatch entries to add and remove, of lists as they were just read.
std::vector<Command> diff_lists(const State& state, const DesiredRoutes& desired);

}  // namespace vipherd::frr::vty
