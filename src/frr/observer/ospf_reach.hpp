// What the LSAs and adjacencies that ospfd or ospf6d hold mean for a VIP. An LSA in the node's own
// database is intent: who hears of the VIP follows from what is flooded into the area that an
// adjacency lies in. Pure.
#pragma once

#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vipherd/model/reach.hpp"
#include "vipherd/wire/vty/ospf.hpp"

namespace vipherd::frr {

/// What a daemon tells of the routers around this one.
struct OspfSurroundings {
  std::vector<wire::vty::OspfNeighbour> neighbours;
  std::set<IpAddress> reachable;  ///< those that inject external routes, or border an area
};

/// The LSAs for this VIP, of LSAs in order.
std::span<const wire::vty::HostLsa> lsas_for(const std::vector<wire::vty::HostLsa>& sorted,
                                             const IpAddress& vip);

/// Whether one of the LSAs is this router's own.
bool is_originated(std::span<const wire::vty::HostLsa> lsas, const IpAddress& own_id);

/// Whether all full adjacencies lie in stub areas, which no external route is flooded into.
bool is_stub_only(const OspfSurroundings& around);

/// `lsas`: all for the VIP, in any order. `why_missing` is asked where there is none of this
/// router's own, and tells the cause.
model::Reach evaluate_ospf(std::string_view daemon, std::span<const wire::vty::HostLsa> lsas,
                           const IpAddress& own_id, const OspfSurroundings& around,
                           const std::function<std::string()>& why_missing);

}  // namespace vipherd::frr
