// How FRR is told: [frr].
#include "config/tables/sections.hpp"

namespace vipherd::config {
namespace {

using namespace std::chrono_literals;
using model::Announcer;
using model::Protocol;
using model::RouteType;

bool is_version_or_empty(std::string_view text) {
  return text.empty() || std::ranges::find(model::kFrrVersions, text) != model::kFrrVersions.end();
}

/// An empty version means that zebra is asked.
Type<std::string> version() {
  std::string expected = "a version of FRR, one of ";
  for (const std::string_view each : model::kFrrVersions) {
    if (each != model::kFrrVersions.front()) expected += ", ";
    expected += "\"" + std::string(each) + "\"";
  }
  return text("a version of FRR such as `\"10.7\"`, or `\"\"`", expected, is_version_or_empty);
}

Type<Announcer> announcer() {
  std::vector<std::pair<std::string_view, Announcer>> words;
  words.reserve(std::size(model::kAnnouncers));
  for (const model::AnnouncerTraits& one : model::kAnnouncers) {
    words.emplace_back(one.name, one.announcer);
  }
  return word<Announcer>(words);
}

}  // namespace

const Rows<model::FrrConfig>& frr_rows() {
  using model::FrrConfig;
  static const Rows<FrrConfig> rows{
      {"announcer", &FrrConfig::announcer, announcer(),
       "how FRR is told: by routes handed to zebra, by lines added to the running configuration of "
       "bgpd, ospfd and ospf6d, or by addresses on `lo` that FRR redistributes as connected routes "
       "(see [frr.md](frr.md)). With `\"connected\"` the address is the announcement: no `attach = "
       "\"always\"`, no `via_vip`, no `tag` and `metric`, no `detach_delay`."},
      {"route_type", &FrrConfig::route_type,
       word<RouteType>({{"openfabric", RouteType::openfabric}, {"babel", RouteType::babel}}),
       "the type of our routes, the X of FRR's `redistribute X route-map VIPHERD`. No daemon of "
       "that name may run on the node"},
      {"dialect", &FrrConfig::dialect, version(),
       "the ZAPI to speak. `\"\"` finds it by asking zebra; a version is taken whatever zebra "
       "answers: for an FRR newer than this vipherd knows, which is refused otherwise. `\"7.5\"`, "
       "`\"8.0\"` to `\"8.5\"`, `\"9.0\"`, `\"9.1\"`, `\"10.0\"` to `\"10.7\"`. Try it on a node "
       "that serves nothing: with the wrong one nothing is announced, or zebra is told what was "
       "not meant"},
      {"protocols", &FrrConfig::protocols,
       set_of(word<Protocol>({{"bgp", Protocol::bgp}, {"ospf", Protocol::ospf}}),
              "array of `\"bgp\"`, `\"ospf\"`", "an array of \"bgp\", \"ospf\" or both"),
       "what carries the VIPs; name only what you run. With the announcer `\"vty\"` it names the "
       "daemons that are told (bgpd; ospfd and ospf6d): a VIP is announced when each that carries "
       "its family holds it, and the key cannot change while the agent runs. With the others a "
       "reload applies it at once: what is left out is not asked any more"},
      {"zserv_socket", &FrrConfig::zserv_socket, socket_path(),
       "zebra's API socket; mode 0700 of user frr in Debian"},
      {"zebra_vty_socket", &FrrConfig::zebra_vty_socket, socket_path(),
       "zebra's VTY socket, which tells its version and what became of a route. The other daemons' "
       "sockets (`bgpd.vty`, ...) lie beside it"},
      {"min_change_interval", &FrrConfig::min_change_interval, duration(0s, 1min),
       "the least time between two changes of one VIP: OSPF routers drop a second change within a "
       "second and repair it only much later (RFC 2328, MinLSArrival). The first change after a "
       "quiet time is never delayed",
       "`\"1s\"` if `protocols` has `\"ospf\"`, else `\"0s\"`"},
      {"reach_deadline", &FrrConfig::reach_deadline, duration(1s, 10min),
       "an announced VIP that for this long one of the `protocols` advertises to no neighbour, or "
       "of "
       "which that cannot be seen, is logged as an alarm with the reason, is a problem in `vipherd "
       "status` and makes `/health` 503, and is repaired if announcing it again can help. The "
       "daemons are asked every half of it, at least every 10 s; with more than some 500 VIPs less "
       "often (5 ms for each), and the alarm comes later by that"},
  };
  return rows;
}

model::FrrConfig read_frr(const Table& table) {
  model::FrrConfig frr;
  const Given given = read_table(table, frr_rows(), frr);
  // Only OSPF receivers drop a second change that comes too soon.
  const bool ospf = std::ranges::find(frr.protocols, Protocol::ospf) != frr.protocols.end();
  if (!ospf && !given.contains("min_change_interval")) frr.min_change_interval = 0s;
  return frr;
}

}  // namespace vipherd::config
