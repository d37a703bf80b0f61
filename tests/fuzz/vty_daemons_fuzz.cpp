// The answers of bgpd, ospfd and ospf6d.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "vipherd/base/assert.hpp"
#include "vipherd/wire/vty/bgp.hpp"
#include "vipherd/wire/vty/ospf.hpp"
#include "vipherd/wire/vty/redistribution.hpp"

namespace {

using namespace vipherd;
namespace vty = wire::vty;

void check_word(std::string_view word) {
  VIPHERD_ASSERT(word.size() <= 64);
  VIPHERD_ASSERT(std::ranges::all_of(word, [](char c) { return c >= ' ' && c <= '~'; }));
}

void check_bgp(std::string_view text) {
  if (const auto peers = vty::parse_bgp_summary(text)) {
    for (const Family family : {Family::ipv4, Family::ipv6}) {
      for (const vty::BgpPeer& peer : peers->of(family)) {
        check_word(peer.name);
        check_word(peer.state);
      }
    }
  }
  const auto route = vty::parse_bgp_route(text);
  if (!route) return;
  for (const std::string& peer : route->advertised_to) check_word(peer);
  VIPHERD_ASSERT(route->ours || (route->advertised_to.empty() && !route->ours_best));
  VIPHERD_ASSERT(!route->ours_best || route->winner.empty());
}

void check_neighbours(const Result<std::vector<vty::OspfNeighbour>>& neighbours) {
  if (!neighbours) return check_word(neighbours.error().what);
  for (const vty::OspfNeighbour& neighbour : *neighbours) {
    check_word(neighbour.router_id);
    check_word(neighbour.interface);
    check_word(neighbour.state);
  }
}

void check_ospf(std::string_view text) {
  check_neighbours(vty::parse_ospf_neighbours(text));
  check_neighbours(vty::parse_ospf6_neighbours(text));
  if (const auto routers = vty::parse_ospf6_border_routers(text)) {
    for (const IpAddress& router : *routers) VIPHERD_ASSERT(router.is_v4());
  }
  (void)vty::parse_ospf_border_routers(text);
  if (const auto lsas = vty::parse_ospf_lsas(text)) {
    for (const vty::HostLsa& lsa : lsas->hosts) {
      VIPHERD_ASSERT(lsa.host.is_v4() && lsa.router.is_v4());
    }
  }
  if (const auto process = vty::parse_ospf6_process(text)) {
    VIPHERD_ASSERT(process->router_id.is_v4());
    for (const vty::Ospf6Area& area : process->areas) {
      VIPHERD_ASSERT(area.id.is_v4());
      for (const std::string& interface : area.interfaces) check_word(interface);
    }
  }
  for (const auto scope : {vty::LsaScope::as, vty::LsaScope::nssa, vty::LsaScope::area}) {
    const auto lsas = vty::parse_ospf6_lsas(text, scope);
    if (!lsas) continue;
    for (const vty::HostLsa& lsa : *lsas) {
      VIPHERD_ASSERT(!lsa.host.is_v4() && lsa.router.is_v4() && lsa.scope == scope);
    }
  }
}

void check_topology(std::string_view text) {
  const auto check = [](const std::vector<vty::TopologyLsa>& lsas) {
    for (const vty::TopologyLsa& lsa : lsas) {
      VIPHERD_ASSERT(lsa.router.is_v4() && lsa.age < 3600);
      check_word(lsa.sequence);
      for (const IpAddress& router : lsa.routers) VIPHERD_ASSERT(router.is_v4());
    }
  };
  if (const auto topology = vty::parse_ospf_topology(text)) check(topology->lsas);
  if (const auto lsas = vty::parse_ospf6_topology(text)) check(*lsas);
}

/// What is asked to find a cause.
void check_causes(std::string_view text) {
  check_word(vty::parse_bgp_route_note(text));
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    const auto peers = vty::parse_bgp_neighbours(text, family);
    if (!peers) continue;
    for (const vty::BgpPeerDetail& peer : *peers) {
      check_word(peer.name);
      check_word(peer.last_reset);
      check_word(peer.last_notification);
      for (const std::string& filter : peer.outbound) VIPHERD_ASSERT(filter.size() <= 80);
    }
  }
  for (const auto protocol : {"bgp", "ospf", "ospf6"}) {
    const auto found = vty::parse_redistribution(
        text, {.protocol = protocol, .type = "openfabric", .family = Family::ipv6, .vrf = "blue"});
    VIPHERD_ASSERT(found.instance || !found.redistributes);
    check_word(found.route_map);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_bgp(text);
  check_ospf(text);
  check_topology(text);
  check_causes(text);
  return 0;
}
