#include "frr/observer/ospf_reach.hpp"

#include <algorithm>

#include "frr/observer/daemon_parser.hpp"

namespace vipherd::frr {
namespace {

using wire::vty::AreaKind;
using wire::vty::HostLsa;
using wire::vty::LsaScope;
using wire::vty::OspfNeighbour;

/// Whether what the router announces is true still, for all that is known here.
bool is_alive(const IpAddress& router, const OspfSurroundings& around) {
  if (around.reachable.contains(router)) return true;
  const std::string id = router.to_string();
  return std::ranges::any_of(around.neighbours, [&](const OspfNeighbour& neighbour) {
    return neighbour.router_id == id &&
           (neighbour.full() || neighbour.state == "2-Way" || neighbour.state == "Twoway");
  });
}

bool has_full(const OspfSurroundings& around, AreaKind kind) {
  return std::ranges::any_of(around.neighbours, [&](const OspfNeighbour& neighbour) {
    return neighbour.full() && neighbour.kind == kind;
  });
}

bool has_full(const OspfSurroundings& around) {
  return std::ranges::any_of(around.neighbours, &OspfNeighbour::full);
}

/// Whether this router borders areas: what lies in one of them it summarises into the others.
bool borders_areas(const OspfSurroundings& around) {
  std::set<IpAddress> areas;
  for (const OspfNeighbour& neighbour : around.neighbours) {
    if (neighbour.full() && neighbour.area) areas.insert(*neighbour.area);
  }
  return areas.size() > 1;
}

/// Whether the LSA is flooded over this adjacency (RFC 2328 section 13.3, RFC 3101 section 2.2).
bool is_flooded_to(const HostLsa& lsa, const OspfNeighbour& neighbour, bool borders) {
  switch (lsa.scope) {
    case LsaScope::as:
      return neighbour.kind == AreaKind::normal;
    case LsaScope::nssa:
      return neighbour.kind == AreaKind::nssa && neighbour.area == lsa.area;
    case LsaScope::area:
      return !lsa.area || !neighbour.area || *lsa.area == *neighbour.area || borders;
  }
  __builtin_unreachable();
}

/// The router ids of the full adjacencies that one of the LSAs is flooded over.
std::vector<std::string> hearers(const std::vector<HostLsa>& own, const OspfSurroundings& around) {
  const bool borders = borders_areas(around);
  std::set<std::string> ids;  // two links to the same router are one neighbour
  for (const OspfNeighbour& neighbour : around.neighbours) {
    const bool hears = neighbour.full() && std::ranges::any_of(own, [&](const HostLsa& lsa) {
                         return is_flooded_to(lsa, neighbour, borders);
                       });
    if (hears) ids.insert(neighbour.router_id);
  }
  return {ids.begin(), ids.end()};
}

/// Others than this router that announce the VIP, as far as this router's areas show them.
std::optional<std::uint32_t> count_others(std::span<const HostLsa> lsas, const IpAddress& own_id,
                                          const OspfSurroundings& around) {
  if (!has_full(around)) return std::nullopt;  // what the database holds is of before
  const bool sees_externals = has_full(around, AreaKind::normal);
  // A type 7 and what a border router makes of it, a type 5 of its own, are one node.
  std::set<IpAddress> forwards;
  for (const HostLsa& lsa : lsas) {
    if (lsa.scope == LsaScope::nssa && lsa.forward) forwards.insert(*lsa.forward);
  }
  std::set<IpAddress> others;
  for (const HostLsa& lsa : lsas) {
    if (lsa.router == own_id || lsa.least_preferred || !is_alive(lsa.router, around)) continue;
    if (lsa.scope == LsaScope::as) {
      // Without such an area nothing would take an old one away.
      if (!sees_externals) continue;
      if (lsa.forward && forwards.contains(*lsa.forward)) continue;
    }
    others.insert(lsa.router);
  }
  // In stub areas and NSSAs it is not seen who announces it elsewhere.
  if (others.empty() && !sees_externals) return std::nullopt;
  return static_cast<std::uint32_t>(others.size());
}

std::string why_alone(const OspfSurroundings& around) {
  std::vector<std::string> states;
  for (const OspfNeighbour& neighbour : around.neighbours) {
    states.push_back(neighbour.interface + ": " + neighbour.router_id + " " + neighbour.state);
  }
  return "no OSPF adjacency is full (" +
         (states.empty() ? std::string("no neighbour is heard") : list_some(states)) + ")";
}

/// "0.0.0.1, 0.0.0.2": the areas of that kind with a full adjacency.
std::string areas_of(const OspfSurroundings& around, AreaKind kind) {
  std::set<std::string> names;
  for (const OspfNeighbour& neighbour : around.neighbours) {
    if (neighbour.full() && neighbour.kind == kind && neighbour.area) {
      names.insert(neighbour.area->to_string());
    }
  }
  return list_some(std::vector<std::string>(names.begin(), names.end()));
}

std::string why_stub(const OspfSurroundings& around) {
  const std::string area = areas_of(around, AreaKind::stub);
  return "area " + area +
         " is a stub: no external routes are flooded into it (make it an NSSA on all its routers, "
         "`area " +
         area + " nssa`)";
}

/// It has an LSA of its own and full adjacencies, but nothing goes over them.
std::string why_kept(std::string_view daemon, const OspfSurroundings& around) {
  if (is_stub_only(around)) return why_stub(around);
  return "area " + areas_of(around, AreaKind::nssa) + " is an NSSA, and " + std::string(daemon) +
         " has no type 7 LSA for it there";
}

}  // namespace

std::span<const HostLsa> lsas_for(const std::vector<HostLsa>& sorted, const IpAddress& vip) {
  const auto first =
      std::lower_bound(sorted.begin(), sorted.end(), vip,
                       [](const HostLsa& lsa, const IpAddress& host) { return lsa.host < host; });
  const auto last =
      std::find_if(first, sorted.end(), [&](const HostLsa& lsa) { return lsa.host != vip; });
  return {first, last};
}

bool is_originated(std::span<const HostLsa> lsas, const IpAddress& own_id) {
  return std::ranges::any_of(lsas, [&](const HostLsa& lsa) { return lsa.router == own_id; });
}

bool is_stub_only(const OspfSurroundings& around) {
  return has_full(around, AreaKind::stub) && !has_full(around, AreaKind::normal) &&
         !has_full(around, AreaKind::nssa);
}

model::Reach evaluate_ospf(std::string_view daemon, std::span<const HostLsa> lsas,
                           const IpAddress& own_id, const OspfSurroundings& around,
                           const std::function<std::string()>& why_missing) {
  std::vector<HostLsa> own;
  for (const HostLsa& lsa : lsas) {
    if (lsa.router == own_id) own.push_back(lsa);
  }
  model::Reach reach;
  reach.originated = !own.empty();
  reach.others = count_others(lsas, own_id, around);
  reach.neighbours = hearers(own, around);
  if (!reach.neighbours.empty()) return reach;
  if (!reach.originated) {
    // ospfd drops its external LSAs where it has stub areas only.
    reach.problem = is_stub_only(around)
                        ? why_stub(around)
                        : std::string(daemon) + " has no LSA of its own for it: " + why_missing();
  } else {
    reach.problem = has_full(around) ? why_kept(daemon, around) : why_alone(around);
  }
  return reach;
}

}  // namespace vipherd::frr
