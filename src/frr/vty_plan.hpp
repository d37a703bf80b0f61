// What to write next so that a daemon holds what is wished: from wishes and what it holds to a
// batch of commands. Pure.
#pragma once

#include "frr/vty_machine.hpp"

namespace vipherd::frr {

/// Whether bgpd, as it was last read, holds something else of this VIP than is wished.
bool differs(const VtyState& state, const VtyWishes& wishes, const IpAddress& vip);
/// Route-maps that bgpd needs for what is dirty and does not hold as they should be; empty if none.
/// They are added to `written_maps`.
std::vector<VtyCommand> plan_route_maps(VtyState& state, const VtyWishes& wishes);
/// Statements for up to kVtyBatch dirty VIPs, which move from `dirty` to `working`; then, when
/// nothing is dirty any more, the removal of route-maps that nothing uses.
std::vector<VtyCommand> plan_networks(VtyState& state, const VtyWishes& wishes);
/// Up to kVtyListBatch entries to add and remove, of lists as they were just read.
std::vector<VtyCommand> plan_lists(const VtyState& state, const VtyWishes& wishes);

}  // namespace vipherd::frr
