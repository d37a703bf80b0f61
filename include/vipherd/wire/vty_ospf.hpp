// What the VTY sockets of ospfd and ospf6d say of adjacencies, of reachable routers and of the
// LSAs of host routes. Where there is a choice the text is read: FRR 7.5 has no JSON for the
// databases, the text is the same from 7.5 to 10, and it is less than half as long. Pure and
// bounded; trusts no octet it is given, asks nothing itself.
//
// A database also holds the LSAs of routers that are long dead, for up to an hour (MaxAge): only
// what a reachable router announces is announced.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/base/result.hpp"

namespace vipherd::wire::vty {

struct OspfNeighbour {
  std::string router_id;
  std::string interface;
  std::string state;  ///< "Full", "2-Way" (ospf6d: "Twoway"), "ExStart"
  bool full() const { return state == "Full"; }
  friend bool operator==(const OspfNeighbour&, const OspfNeighbour&) = default;
};

/// An LSA that says: `router` reaches the host route to `host`. LSAs at MaxAge are left out: they
/// are being flushed.
struct HostLsa {
  IpAddress host;
  IpAddress router;  ///< the advertising router's id
  /// With the highest metric at which it is still reachable: drained, or held by policy.
  bool least_preferred = false;
  friend auto operator<=>(const HostLsa&, const HostLsa&) = default;
};

// ---- ospfd: what follows `show ip ospf` or `show ip ospf vrf blue`

std::string show_ospf(std::string_view what, const std::string& vrf);

inline constexpr std::string_view kOspfNeighbours = "neighbor json";
/// None is no error; ospfd without `router ospf` has none.
Result<std::vector<OspfNeighbour>> parse_ospf_neighbours(std::string_view text);

/// The routers that this one has a route to and that inject external routes.
inline constexpr std::string_view kOspfBorderRouters = "border-routers";
Result<std::set<IpAddress>> parse_ospf_border_routers(std::string_view text);

/// The LSAs with this link state id, which for a host route is its address (RFC 2328 appendix E).
std::string ospf_external(const IpAddress& vip);
/// Stub networks are how a `network` statement or an interface in an area is announced.
inline constexpr std::string_view kOspfRouterLsas = "database router";
struct OspfLsas {
  IpAddress router_id;  ///< of the ospfd that was asked
  std::vector<HostLsa> hosts;
  friend bool operator==(const OspfLsas&, const OspfLsas&) = default;
};
/// The answers to the two questions above.
Result<OspfLsas> parse_ospf_lsas(std::string_view text);

// ---- ospf6d: what follows `show ipv6 ospf6` or `show ipv6 ospf6 vrf blue`

std::string show_ospf6(std::string_view what, const std::string& vrf);

inline constexpr std::string_view kOspf6Neighbours = "neighbor";
Result<std::vector<OspfNeighbour>> parse_ospf6_neighbours(std::string_view text);

inline constexpr std::string_view kOspf6Process;
Result<IpAddress> parse_ospf6_router_id(std::string_view text);

inline constexpr std::string_view kOspf6BorderRouters = "border-routers";
Result<std::set<IpAddress>> parse_ospf6_border_routers(std::string_view text);

/// The link state id is a mere number in OSPFv3: there is no question for one prefix.
/// In detail, because only that has the metrics.
inline constexpr std::string_view kOspf6Externals = "database as-external detail";
/// How an interface in an area is announced.
inline constexpr std::string_view kOspf6IntraPrefixes = "database intra-prefix";
/// The host routes in the answers to the two questions above.
Result<std::vector<HostLsa>> parse_ospf6_lsas(std::string_view text);

}  // namespace vipherd::wire::vty
