#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "frr/observer/daemon_parser.hpp"
#include "frr/observer/missing_route.hpp"
#include "vipherd/wire/vty/bgp.hpp"
#include "vipherd/wire/vty/config.hpp"

namespace vipherd::frr {
namespace {

using wire::vty::BgpPeer;
using wire::vty::BgpPeerDetail;
using wire::vty::BgpRoute;

bool is_sent_to_no_peer(const BgpRoute& route) {
  return route.ours_best && route.advertised_to.empty();
}

class BgpdView final : public DaemonParser {
 public:
  BgpdView(const model::FrrConfig& config, const std::string& vrf)
      : config_(config), vrf_(vrf), questions_{wire::vty::show_bgp_summary_command(vrf)} {}

  std::string_view daemon() const override { return "bgpd"; }
  std::span<const std::string> common_questions() const override { return questions_; }
  Result<void> read_common(std::size_t, std::string_view answer) override {
    running_.reset();
    details_.clear();
    note_.reset();
    auto peers = wire::vty::parse_bgp_summary(answer);
    if (!peers) return fail("bgpd: " + peers.error().what);
    peers_ = std::move(*peers);
    return {};
  }
  std::string question(const IpAddress& vip) const override {
    return wire::vty::show_bgp_route_command(vip, vrf_);
  }

  std::string follow_up(const IpAddress& vip, std::string_view answer) const override {
    const auto route = wire::vty::parse_bgp_route(answer);
    if (!route) return {};
    if (!route->ours && !running_) return std::string(wire::vty::kShowConfig);
    if (!is_sent_to_no_peer(*route)) return {};
    if (!note_ || note_->first != vip) return wire::vty::show_bgp_route_text_command(vip, vrf_);
    if (!note_->second.empty() || details_.contains(vip.family())) return {};
    return wire::vty::show_bgp_neighbours_command(vrf_);
  }
  void read_follow_up(const IpAddress& vip, std::string_view question,
                      std::string_view answer) override {
    if (question == wire::vty::kShowConfig) {
      running_ = answer;
    } else if (question == wire::vty::show_bgp_neighbours_command(vrf_)) {
      auto details = wire::vty::parse_bgp_neighbours(answer, vip.family());
      details_[vip.family()] = details ? std::move(*details) : Details{};
    } else {
      note_.emplace(vip, wire::vty::parse_bgp_route_note(answer));
    }
  }

  Result<model::Reach> read(const IpAddress& vip, std::string_view answer) const override {
    auto route = wire::vty::parse_bgp_route(answer);
    if (!route) return fail("bgpd: " + route.error().what);
    model::Reach reach;
    reach.originated = route->ours;
    for (const Family family : {Family::ipv4, Family::ipv6}) {
      for (const BgpPeer& peer : peers_.of(family)) {
        // One without a number is named by its interface.
        if (const auto address = IpAddress::parse(peer.name)) reach.peers.push_back(*address);
      }
    }
    if (peers_.router_id) reach.router_id = {*peers_.router_id};
    if (route->others > 0) reach.others = route->others;
    if (route->advertised_to.empty()) reach.problem = why_unheard(*route, vip);
    reach.neighbours = std::move(route->advertised_to);
    return reach;
  }

 private:
  using Details = std::vector<BgpPeerDetail>;

  /// The first link of the chain that is broken.
  std::string why_unheard(const BgpRoute& route, const IpAddress& vip) const {
    if (!route.ours) {
      return "bgpd has no route for it: " + why_missing("bgpd", running_, vip, config_, vrf_);
    }
    if (!route.winner.empty()) {
      return "another route to it won in bgpd: the one from " + route.winner;
    }
    if (!route.ours_valid || !route.ours_best) {
      return "bgpd does not use its own route to it: zebra has none for the `network` statement";
    }
    return why_untold(route, vip);
  }

  std::string why_untold(const BgpRoute& route, const IpAddress& vip) const {
    std::vector<std::string> established;
    std::vector<std::string> states;
    for (const BgpPeer& peer : peers_.of(vip.family())) {
      if (peer.established()) established.push_back(peer.name);
      states.push_back(peer.name + " " + peer.state + last_reset_of(peer, vip.family()));
    }
    if (states.empty()) {
      return std::string("bgpd has no peer that is activated for ") +
             (vip.is_v4() ? "IPv4" : "IPv6") + " unicast";
    }
    if (established.empty()) return "no BGP session is established (" + list_some(states) + ")";
    if (note_ && note_->first == vip && !note_->second.empty()) {
      return "advertised to no peer: " + note_->second +
             (note_->second.find("aggregate") == std::string::npos
                  ? ""
                  : " (`aggregate-address … summary-only`)");
    }
    for (const auto community : {"no-advertise", "no-export", "local-as"}) {
      if (route.communities.find(community) == std::string::npos) continue;
      return "advertised to no peer: its communities (" + route.communities + ") forbid it";
    }
    return why_filtered(vip.family(), established);
  }

  /// Sessions are up, and nothing of the route itself is in the way.
  std::string why_filtered(Family family, const std::vector<std::string>& established) const {
    std::vector<std::string> causes;
    for (const BgpPeer& peer : peers_.of(family)) {
      if (!peer.established()) continue;
      const BgpPeerDetail* detail = detail_of(peer, family);
      // The word does not tell which direction has no policy.
      if (peer.peer_state == "Policy" && (detail == nullptr || detail->outbound.empty())) {
        causes.push_back("eBGP to " + peer.name +
                         " has no outbound policy, so nothing is sent (RFC 8212: give it a "
                         "`route-map … out`, or `no bgp ebgp-requires-policy`)");
      } else if (detail != nullptr && detail->withheld) {
        causes.push_back("an advertise-map withholds routes from " + peer.name);
      } else if (detail != nullptr && !detail->outbound.empty()) {
        causes.push_back("all that is left to deny it towards " + peer.name + " is " +
                         list_some(detail->outbound));
      }
    }
    const std::string head = "advertised to no peer although sessions are established (" +
                             list_some(established) + "): ";
    if (!causes.empty()) return head + list_some(causes);
    return head +
           "no cause was found (checked: best path, activation, aggregates, communities, outbound "
           "policies and filters)";
  }

  const BgpPeerDetail* detail_of(const BgpPeer& peer, Family family) const {
    const auto known = details_.find(family);
    if (known == details_.end()) return nullptr;
    const auto found = std::ranges::find(known->second, peer.name, &BgpPeerDetail::name);
    return found == known->second.end() ? nullptr : &*found;
  }
  /// Of a session that is down: ", last reset: BFD down received".
  std::string last_reset_of(const BgpPeer& peer, Family family) const {
    const BgpPeerDetail* detail = peer.established() ? nullptr : detail_of(peer, family);
    if (detail == nullptr || detail->last_reset.empty()) return {};
    // RFC 4271 section 6.2: within an AS no two have the same, and none has 0.0.0.0.
    if (detail->last_notification.ends_with("Bad BGP Identifier")) {
      return ", refused for its BGP identifier: two routers of this AS have the same (here it is " +
             (peers_.router_id ? peers_.router_id->to_string() : "unknown") +
             ", `bgp router-id`), or one has none";
    }
    return ", last reset: " + detail->last_reset;
  }

  const model::FrrConfig config_;
  const std::string vrf_;
  const std::array<std::string, 1> questions_;
  wire::vty::BgpPeers peers_;
  // What follow-ups told since the common questions were asked.
  std::optional<std::string> running_;
  std::map<Family, Details> details_;
  std::optional<std::pair<IpAddress, std::string>> note_;  ///< of the VIP asked about last
};

}  // namespace

std::unique_ptr<DaemonParser> make_bgpd_parser(const model::FrrConfig& config,
                                               const std::string& vrf) {
  return std::make_unique<BgpdView>(config, vrf);
}

}  // namespace vipherd::frr
