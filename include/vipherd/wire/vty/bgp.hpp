// What bgpd's VTY socket says of its sessions and of one route, in FRR 7.5 to 10. Pure and
// bounded; trusts no byte it is given, asks nothing itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/base/result.hpp"

namespace vipherd::wire::vty {

/// All address families at once. Here as below an empty VRF is the default one.
std::string show_bgp_summary_command(const std::string& vrf = {});

/// A peer of one address family, as the operator named it: an address, or an interface where the
/// session is unnumbered.
struct BgpPeer {
  std::string name;
  std::string state;  ///< bgpd's word: "Established", "Active", "Idle (Admin)", "NoNeg"
  /// bgpd's other word, where it has one: "OK", "Admin", "Policy" (eBGP without a policy: RFC
  /// 8212).
  std::string peer_state{};
  bool established() const { return state == "Established"; }
  friend bool operator==(const BgpPeer&, const BgpPeer&) = default;
};
struct BgpPeers {
  std::vector<BgpPeer> ipv4;
  std::vector<BgpPeer> ipv6;
  std::optional<IpAddress> router_id{};  ///< of the bgpd that was asked
  const std::vector<BgpPeer>& of(Family family) const {
    return family == Family::ipv4 ? ipv4 : ipv6;
  }
  friend bool operator==(const BgpPeers&, const BgpPeers&) = default;
};
/// The peers that unicast of each family is activated for. None at all: bgpd runs without
/// `router bgp`, or without a peer.
Result<BgpPeers> parse_bgp_summary(std::string_view text);

/// `show bgp ipv4 unicast P json` or the same for IPv6, for a host route.
std::string show_bgp_route_command(const IpAddress& vip, const std::string& vrf = {});

struct BgpRoute {
  /// A path of this bgpd itself: redistributed, or by a `network` statement.
  bool ours = false;
  bool ours_valid = false;
  bool ours_best = false;
  std::string communities{};  ///< of the path of ours: "no-advertise 65000:1"
  /// Whom the path of ours is told, in order. Empty where another one won.
  std::vector<std::string> advertised_to;
  /// The peer whose path is the best one, if there is one and it is not ours: "192.168.100.3
  /// (lb2)".
  std::string winner;
  /// Other nodes whose valid paths are seen: at least so many, for no node may count twice.
  std::uint32_t others = 0;
  friend bool operator==(const BgpRoute&, const BgpRoute&) = default;
};
/// A route that bgpd does not have is one without paths, no error; a VRF without `router bgp` is
/// one.
Result<BgpRoute> parse_bgp_route(std::string_view text);

// ---- asked only where a route is advertised to no neighbour, to find out why

/// All peers in detail.
std::string show_bgp_neighbours_command(const std::string& vrf = {});
struct BgpPeerDetail {
  std::string name;
  std::string last_reset;  ///< "BFD down received", "Waiting for peer OPEN"; may be empty
  /// What the last NOTIFICATION said, in either direction: "OPEN Message Error/Bad BGP Identifier".
  std::string last_notification{};
  /// The filters that what is sent to it passes, of the family: "prefix-list VIPHERD-POOL".
  std::vector<std::string> outbound;
  /// By `advertise-map`: nothing is sent now.
  bool withheld = false;
  friend bool operator==(const BgpPeerDetail&, const BgpPeerDetail&) = default;
};
Result<std::vector<BgpPeerDetail>> parse_bgp_neighbours(std::string_view text, Family family);

/// For people: JSON does not tell that a route is suppressed.
std::string show_bgp_route_text_command(const IpAddress& vip, const std::string& vrf = {});
/// "Advertisements suppressed by an aggregate", "not advertised to any peer": what bgpd says of the
/// route in brackets; empty: nothing.
std::string parse_bgp_route_note(std::string_view text);

}  // namespace vipherd::wire::vty
