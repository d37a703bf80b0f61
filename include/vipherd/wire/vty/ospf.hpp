// What the VTY sockets of ospfd and ospf6d say of adjacencies, of reachable routers and of the
// LSAs of host routes. Where there is a choice the text is read: FRR 7.5 has no JSON for the
// databases, the text is the same from 7.5 to 10, and it is less than half as long. Pure and
// bounded; trusts no byte it is given, asks nothing itself.
//
// A database also holds the LSAs of routers that are long dead, for up to an hour (MaxAge): only
// what a reachable router announces is announced.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/base/result.hpp"

namespace vipherd::wire::vty {

/// What an area lets in (RFC 2328 section 3.6, RFC 3101).
enum class AreaKind : std::uint8_t {
  normal,  ///< external routes of the whole AS
  stub,    ///< no external routes at all
  nssa     ///< only those that routers in the area inject, as type 7
};

struct OspfNeighbour {
  std::string router_id;
  std::string interface;
  std::string state;                ///< "Full", "2-Way" (ospf6d: "Twoway"), "ExStart"
  std::optional<IpAddress> area{};  ///< its id in dotted form; nullopt: the daemon does not tell
  AreaKind kind = AreaKind::normal;
  /// The address of its link's designated router; ospf6d does not tell, and no address is 0.0.0.0.
  IpAddress designated{};
  std::optional<std::chrono::seconds> stands_for{};  ///< since its state changed last
  bool full() const { return state == "Full"; }
  friend bool operator==(const OspfNeighbour&, const OspfNeighbour&) = default;
};

/// How far an LSA is flooded.
enum class LsaScope : std::uint8_t {
  as,    ///< type 5: into all areas that are neither stub nor NSSA
  nssa,  ///< type 7: within its NSSA, whose border router translates it
  area   ///< router LSA, intra-area prefix: within its area, whatever the area's kind
};

/// An LSA that says: `router` reaches the host route to `host`. LSAs at MaxAge are left out: they
/// are being flushed.
struct HostLsa {
  IpAddress host;
  IpAddress router;  ///< the advertising router's id
  /// With the highest metric at which it is still reachable: drained, or held by policy.
  bool least_preferred = false;
  LsaScope scope = LsaScope::as;
  std::optional<IpAddress> area{};     ///< whose database it lies in, unless the scope is `as`
  std::optional<IpAddress> forward{};  ///< a type 7 keeps its forwarding address when translated
  friend auto operator<=>(const HostLsa&, const HostLsa&) = default;
};

/// What a router LSA, or the network LSA of a link's designated router, says of how routers are
/// connected. LSAs at MaxAge are left out.
struct TopologyLsa {
  IpAddress router;        ///< the advertising router's id
  bool network = false;    ///< a network LSA, else a router LSA
  std::uint32_t age = 0;   ///< seconds since it was originated
  std::string sequence{};  ///< "80000003", hexadecimal
  std::string content{};   ///< all that it says of links, for comparing two instances
  /// Router ids: of a network LSA all that are attached, of a router LSA those at the other ends of
  /// its point-to-point links. One for each link.
  std::vector<IpAddress> routers{};
  /// Of a router LSA, of the links that have a designated router: its address; in OSPFv3 its id.
  std::vector<IpAddress> designated{};
  friend bool operator==(const TopologyLsa&, const TopologyLsa&) = default;
};

// ---- ospfd: what follows `show ip ospf` or `show ip ospf vrf blue`

std::string show_ospf(std::string_view what, const std::string& vrf);

/// In detail, because only that tells the area and its kind.
inline constexpr std::string_view kOspfNeighbours = "neighbor detail json";
/// None is no error; ospfd without `router ospf` has none.
Result<std::vector<OspfNeighbour>> parse_ospf_neighbours(std::string_view text);

/// The routers that this one has a route to and that inject external routes.
inline constexpr std::string_view kOspfBorderRouters = "border-routers";
Result<std::set<IpAddress>> parse_ospf_border_routers(std::string_view text);

/// The LSAs with this link state id, which for a host route is its address (RFC 2328 appendix E).
std::string ospf_external(const IpAddress& vip);
/// Stub networks are how a `network` statement or an interface in an area is announced.
inline constexpr std::string_view kOspfRouterLsas = "database router";
/// The type 7 LSAs of all NSSAs.
inline constexpr std::string_view kOspfNssaLsas = "database nssa-external";
struct OspfLsas {
  IpAddress router_id;  ///< of the ospfd that was asked
  std::vector<HostLsa> hosts;
  friend bool operator==(const OspfLsas&, const OspfLsas&) = default;
};
/// The answers to the three questions above.
Result<OspfLsas> parse_ospf_lsas(std::string_view text);

inline constexpr std::string_view kOspfOwnRouterLsas = "database router self-originate";
/// The router LSAs of another router.
std::string ospf_router_lsas(std::string_view router_id);
/// The network LSA of the designated router with this address.
std::string ospf_network_lsa(const IpAddress& designated);
struct OspfTopology {
  IpAddress router_id;  ///< of the ospfd that was asked
  std::vector<TopologyLsa> lsas;
  friend bool operator==(const OspfTopology&, const OspfTopology&) = default;
};
/// The answers to these.
Result<OspfTopology> parse_ospf_topology(std::string_view text);

// ---- ospf6d: what follows `show ipv6 ospf6` or `show ipv6 ospf6 vrf blue`

std::string show_ospf6(std::string_view what, const std::string& vrf);

inline constexpr std::string_view kOspf6Neighbours = "neighbor";
Result<std::vector<OspfNeighbour>> parse_ospf6_neighbours(std::string_view text);

inline constexpr std::string_view kOspf6Process;
struct Ospf6Area {
  IpAddress id;  ///< in dotted form
  AreaKind kind = AreaKind::normal;
  std::set<std::string, std::less<>> interfaces;
  friend bool operator==(const Ospf6Area&, const Ospf6Area&) = default;
};
struct Ospf6Process {
  IpAddress router_id;
  std::vector<Ospf6Area> areas;
  friend bool operator==(const Ospf6Process&, const Ospf6Process&) = default;
};
Result<Ospf6Process> parse_ospf6_process(std::string_view text);

inline constexpr std::string_view kOspf6BorderRouters = "border-routers";
Result<std::set<IpAddress>> parse_ospf6_border_routers(std::string_view text);

/// The link state id is a mere number in OSPFv3: there is no question for one prefix.
/// In detail, because only that has the metrics.
inline constexpr std::string_view kOspf6Externals = "database as-external detail";
/// How an interface in an area is announced.
inline constexpr std::string_view kOspf6IntraPrefixes = "database intra-prefix";
/// Type 7, in every NSSA.
inline constexpr std::string_view kOspf6NssaLsas = "database type-7 detail";
/// The host routes in the answers to the three questions above; `scope` is that of the question.
Result<std::vector<HostLsa>> parse_ospf6_lsas(std::string_view text, LsaScope scope);

inline constexpr std::string_view kOspf6OwnRouterLsas = "database router self-originated detail";
/// The router LSAs of another router.
std::string ospf6_router_lsas(std::string_view router_id);
/// The answers to both.
Result<std::vector<TopologyLsa>> parse_ospf6_topology(std::string_view text);

}  // namespace vipherd::wire::vty
