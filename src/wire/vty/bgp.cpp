#include "vipherd/wire/vty/bgp.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "vipherd/wire/vty/vty.hpp"
#include "wire/vty/text.hpp"

namespace vipherd::wire::vty {
namespace {

using nlohmann::json;

std::vector<BgpPeer> read_peers(const json& summary, const char* family) {
  std::vector<BgpPeer> peers;
  const json* of_family = member(summary, family);
  const json* listed = of_family == nullptr ? nullptr : member(*of_family, "peers");
  if (listed == nullptr || !listed->is_object()) return peers;
  for (const auto& [name, peer] : listed->items()) {
    peers.push_back({printable(name), text_of(peer, "state"), text_of(peer, "peerState")});
  }
  return peers;
}

std::vector<std::string> read_advertised_to(const json& holder) {
  std::vector<std::string> names;
  const json* peers = member(holder, "advertisedTo");
  if (peers == nullptr || !peers->is_object()) return names;
  for (const auto& [name, peer] : peers->items()) names.push_back(printable(name));
  return names;
}

bool is_best(const json& path) {
  const json* best = member(path, "bestpath");
  return best != nullptr && flag(*best, "overall");
}

/// "192.168.100.3 (lb2)".
std::string describe_peer(const json& path) {
  const json* peer = member(path, "peer");
  const std::string name = peer == nullptr ? std::string() : text_of(*peer, "peerId");
  const std::string host = peer == nullptr ? std::string() : text_of(*peer, "hostname");
  if (name.empty()) return "a peer";
  return host.empty() ? name : name + " (" + host + ")";
}

std::string next_hop_of(const json& path) {
  const json* next_hops = member(path, "nexthops");
  if (next_hops == nullptr || !next_hops->is_array() || next_hops->empty()) return {};
  return text_of(next_hops->front(), "ip");
}

std::uint64_t as_path_length(const json& path) {
  const json* as_path = member(path, "aspath");
  const json* length = as_path == nullptr ? nullptr : member(*as_path, "length");
  return length != nullptr && length->is_number_unsigned() ? length->get<std::uint64_t>() : 0;
}

/// Counts the nodes behind the paths. A path of at most one AS comes from the peer itself, or from
/// the originator that a route reflector names: its router id tells nodes apart, however many
/// sessions they have. A longer one was passed on, and the node may be seen behind each router that
/// did so: those of one router count, by their next hops.
class NodeCounter {
 public:
  void take(const json& path) {
    const json* peer = member(path, "peer");
    const std::string router = peer == nullptr ? std::string() : text_of(*peer, "routerId");
    if (std::string originator = text_of(path, "originatorId"); !originator.empty()) {
      direct_.insert(std::move(originator));
    } else if (as_path_length(path) <= 1) {
      direct_.insert(router);
    } else {
      passed_on_[router].insert(next_hop_of(path));
    }
  }
  std::uint32_t count() const {
    std::size_t most = direct_.size();
    for (const auto& [router, next_hops] : passed_on_) most = std::max(most, next_hops.size());
    return static_cast<std::uint32_t>(most);
  }

 private:
  std::set<std::string> direct_;
  std::map<std::string, std::set<std::string>> passed_on_;
};

/// RFC 8326: least preferred, because it is drained or only held by policy.
bool is_shutting_down(const json& path) {
  const json* community = member(path, "community");
  if (community == nullptr) return false;
  const std::string text = text_of(*community, "string");
  return text.find("graceful-shutdown") != std::string::npos ||
         text.find("65535:0") != std::string::npos;
}

void read_own_path(BgpRoute& route, const json& path) {
  route.ours = true;
  route.ours_valid = route.ours_valid || flag(path, "valid");
  route.ours_best = route.ours_best || is_best(path);
  if (const json* community = member(path, "community")) {
    route.communities = text_of(*community, "string");
  }
  // With add-path the peers are listed a path.
  if (auto peers = read_advertised_to(path); !peers.empty()) route.advertised_to = std::move(peers);
}

std::string family_words(bool is_v4) { return is_v4 ? " ipv4 unicast " : " ipv6 unicast "; }

std::string show_host_route(const IpAddress& vip, const std::string& vrf) {
  return "show bgp" + in_vrf(vrf) + family_words(vip.is_v4()) +
         IpPrefix{vip, vip.host_length()}.to_string();
}

BgpPeerDetail read_detail(const std::string& name, const json& peer, Family family) {
  BgpPeerDetail detail{.name = printable(name),
                       .last_reset = text_of(peer, "lastResetDueTo"),
                       .last_notification = text_of(peer, "lastNotificationReason"),
                       .outbound = {}};
  const json* families = member(peer, "addressFamilyInfo");
  const json* info =
      families == nullptr
          ? nullptr
          : member(*families, family == Family::ipv4 ? "ipv4Unicast" : "ipv6Unicast");
  if (info == nullptr) return detail;
  constexpr std::array<std::pair<const char*, std::string_view>, 5> kFilters{{
      {"outgoingUpdatePrefixFilterList", "prefix-list "},
      {"outgoingUpdateNetworkFilterList", "distribute-list "},
      {"outgoingUpdateAsPathFilterList", "filter-list "},
      {"routeMapForOutgoingAdvertisements", "route-map "},
      {"selectiveUnsuppressRouteMap", "unsuppress-map "},
  }};
  for (const auto& [key, word] : kFilters) {
    if (const std::string filter = text_of(*info, key); !filter.empty()) {
      detail.outbound.push_back(std::string(word) + filter);
    }
  }
  if (const json* conditional = member(*info, "advertiseMap")) {
    detail.withheld = text_of(*conditional, "advertiseStatus") == "Withdraw";
  }
  return detail;
}

}  // namespace

std::string show_bgp_neighbours_command(const std::string& vrf) {
  return "show bgp" + in_vrf(vrf) + " neighbors json";
}

Result<std::vector<BgpPeerDetail>> parse_bgp_neighbours(std::string_view text, Family family) {
  const json document = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) return fail("the list of peers was not understood");
  std::vector<BgpPeerDetail> peers;
  for (const auto& [name, peer] : document.items()) {
    // Beside the peers there are "vrfId" and "vrfName" of a VRF.
    if (peer.is_object()) peers.push_back(read_detail(name, peer, family));
  }
  return peers;
}

std::string show_bgp_route_text_command(const IpAddress& vip, const std::string& vrf) {
  return show_host_route(vip, vrf);
}

std::string parse_bgp_route_note(std::string_view text) {
  constexpr std::string_view kTable = ", table ";
  while (!text.empty()) {
    std::string_view line = cut_line(text);
    if (!line.starts_with("Paths: (")) continue;
    // "Paths: (1 available, best #1, table default, NOTE)"; a note is a sentence or none.
    const std::size_t table = line.find(kTable);
    if (table == std::string_view::npos) return {};
    line.remove_prefix(table + kTable.size());
    const std::size_t comma = line.find(", ");
    if (comma == std::string_view::npos) return {};
    line = trim(line.substr(comma + 2));
    while (line.ends_with(')') || line.ends_with('.')) line.remove_suffix(1);
    return printable(line);
  }
  return {};
}

std::string show_bgp_summary_command(const std::string& vrf) {
  return "show bgp" + in_vrf(vrf) + " summary json";
}

Result<BgpPeers> parse_bgp_summary(std::string_view text) {
  const json document = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) return fail("the list of sessions was not understood");
  BgpPeers peers{read_peers(document, "ipv4Unicast"), read_peers(document, "ipv6Unicast")};
  for (const char* family : {"ipv4Unicast", "ipv6Unicast"}) {
    const json* of_family = member(document, family);
    if (of_family == nullptr || peers.router_id) continue;
    const auto id = IpAddress::parse(text_of(*of_family, "routerId"));
    if (id && id->is_v4()) peers.router_id = *id;
  }
  return peers;
}

std::string show_bgp_route_command(const IpAddress& vip, const std::string& vrf) {
  return show_host_route(vip, vrf) + " json";
}

Result<BgpRoute> parse_bgp_route(std::string_view text) {
  const json document = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) return fail("the answer about the route was not understood");
  BgpRoute route;
  const json* paths = member(document, "paths");
  if (paths == nullptr && text_of(document, "warning") == "View/Vrf is unknown") {
    return fail("there is no `router bgp` in this VRF");
  }
  if (paths == nullptr) return route;
  if (!paths->is_array()) return fail("the answer about the route was not understood");
  NodeCounter others;
  for (const json& path : *paths) {
    if (flag(path, "sourced")) {
      read_own_path(route, path);
      continue;
    }
    if (is_best(path)) route.winner = describe_peer(path);
    if (flag(path, "valid") && !flag(path, "removed") && !flag(path, "stale") &&
        !is_shutting_down(path)) {
      others.take(path);
    }
  }
  route.others = others.count();
  if (route.ours_best) {
    route.winner.clear();
    if (route.advertised_to.empty()) route.advertised_to = read_advertised_to(document);
  }
  return route;
}

}  // namespace vipherd::wire::vty
