#include <array>

#include "frr/daemon_view.hpp"
#include "vipherd/wire/vty_bgp.hpp"

namespace vipherd::frr {
namespace {

using wire::vty::BgpPeer;
using wire::vty::BgpRoute;

class BgpdView final : public DaemonView {
 public:
  BgpdView(const model::FrrConfig& config, const std::string& vrf)
      : vrf_(vrf),
        questions_{wire::vty::show_bgp_summary_command(vrf)},
        missing_(missing_route_cause(config, vrf)) {}

  std::string_view daemon() const override { return "bgpd"; }
  std::span<const std::string> common_questions() const override { return questions_; }
  Result<void> read_common(std::size_t, std::string_view answer) override {
    auto peers = wire::vty::parse_bgp_summary(answer);
    if (!peers) return fail("bgpd: " + peers.error().what);
    peers_ = std::move(*peers);
    return {};
  }
  std::string question(const IpAddress& vip) const override {
    return wire::vty::show_bgp_route_command(vip, vrf_);
  }
  Result<model::Reach> read(const IpAddress& vip, std::string_view answer) const override {
    model::Reach reach;
    auto route = wire::vty::parse_bgp_route(answer);
    if (!route) return fail("bgpd: " + route.error().what);
    reach.originated = route->ours;
    for (const Family family : {Family::ipv4, Family::ipv6}) {
      for (const BgpPeer& peer : peers_.of(family)) {
        // One without a number is named by its interface.
        if (const auto address = IpAddress::parse(peer.name)) reach.peers.push_back(*address);
      }
    }
    if (route->others > 0) reach.others = route->others;
    if (route->advertised_to.empty()) {
      reach.problem = why_unheard(*route, peers_.of(vip.family()), vip.family());
    }
    reach.neighbours = std::move(route->advertised_to);
    return reach;
  }

 private:
  /// The first link of the chain that is broken.
  std::string why_unheard(const BgpRoute& route, const std::vector<BgpPeer>& peers,
                          Family family) const {
    if (!route.ours) return "bgpd has no route for it: " + missing_;
    if (!route.winner.empty()) {
      return "another route to it won in bgpd: the one from " + route.winner;
    }
    if (!route.ours_valid || !route.ours_best) {
      return "bgpd does not use its own route to it: zebra has none for the `network` statement";
    }
    return why_untold(peers, family);
  }
  static std::string why_untold(const std::vector<BgpPeer>& peers, Family family) {
    std::vector<std::string> established;
    std::vector<std::string> states;
    for (const BgpPeer& peer : peers) {
      if (peer.established()) established.push_back(peer.name);
      states.push_back(peer.name + " " + peer.state);
    }
    if (!established.empty()) {
      return "advertised to no peer although sessions are established (" + list_some(established) +
             "): an outbound filter denies it";
    }
    if (!states.empty()) return "no BGP session is established (" + list_some(states) + ")";
    return std::string("bgpd has no peer that is activated for ") +
           (family == Family::ipv4 ? "IPv4" : "IPv6") + " unicast";
  }

  std::string vrf_;
  std::array<std::string, 1> questions_;
  std::string missing_;
  wire::vty::BgpPeers peers_;
};

}  // namespace

std::unique_ptr<DaemonView> make_bgpd_view(const model::FrrConfig& config, const std::string& vrf) {
  return std::make_unique<BgpdView>(config, vrf);
}

}  // namespace vipherd::frr
