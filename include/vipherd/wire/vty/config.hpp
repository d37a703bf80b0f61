// What vipherd writes into the running configuration of bgpd, ospfd and ospf6d over their VTY
// sockets, how it finds that again, and what the daemons answer when asked about a VIP. Whatever
// is vipherd's carries kMark in a name that only vipherd gives; nothing else is ever removed.
// Pure and bounded; trusts no byte it is given.
//
// A daemon's route-maps and prefix-lists are common to all its VRFs. So the names of those for a
// VRF other than the default one end in "@" and its name, and what is ours in one VRF is not in
// another. An empty name of a VRF is the default one everywhere.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/base/result.hpp"
#include "vipherd/model/config.hpp"

namespace vipherd::wire::vty {

/// Begins the name of every route-map and prefix-list of ours.
inline constexpr std::string_view kMark = "VIPHERD-VTY";
inline constexpr std::string_view kShowConfig = "show running-config";

/// CMD_ERR_NOTHING_TODO: no failure.
inline constexpr std::uint8_t kNothingToDo = 6;
/// Whether a command of configuration was taken.
bool is_taken(std::uint8_t status);
/// The first line of what a daemon says, without its percent sign, for a sentence.
std::string first_words(std::string_view text);

// -------------------------------------------------------------------------------- bgpd

/// What a route-map holds: "permit 10" -> the lines of that entry, in no order.
using RouteMapEntries = std::map<std::string, std::set<std::string>, std::less<>>;

struct BgpConfig {
  std::string as_number;                      ///< of the `router bgp` of the VRF
  std::map<IpAddress, std::string> networks;  ///< `network VIP route-map MARK...`: VIP -> route-map
  std::map<std::string, RouteMapEntries> route_maps;  ///< ours, in use or not
  friend bool operator==(const BgpConfig&, const BgpConfig&) = default;
};
/// From `show running-config` of bgpd. Fails with a sentence if the VRF has no instance.
Result<BgpConfig> parse_bgp_config(std::string_view running, std::string_view vrf = {});

struct RouteMap {
  std::string name;  ///< follows from the lines: equal policies share a map, also over restarts
  std::vector<std::string> lines;
  /// What bgpd holds once it was given.
  RouteMapEntries entries() const;
  friend bool operator==(const RouteMap&, const RouteMap&) = default;
};
/// The one entry that a route-map of ours has.
inline constexpr std::string_view kMapEntry = "permit 10";
/// What a route's tag, metric and policy say in BGP. Tag 200 is drained: least preferred, unless
/// the policy says otherwise.
RouteMap make_route_map(const model::RouteAttributes& route, std::string_view as_number,
                        std::string_view vrf = {});

// --------------------------------------------------------------------- ospfd and ospf6d

/// The prefix-lists by which the operator's lines select what OSPF announces: `VIPHERD-VTY` has
/// every VIP, `VIPHERD-VTY-100` those whose route has the tag 100; in a VRF `VIPHERD-VTY@blue` and
/// `VIPHERD-VTY-100@blue`.
struct OspfConfig {
  /// List -> sequence number -> "permit 10.10.10.10/32". Entries that deny are not ours.
  std::map<std::string, std::map<std::uint32_t, std::string>> lists;
  std::map<std::string, std::set<std::uint32_t>> taken;  ///< sequence numbers of other entries
  std::set<std::string> referred;  ///< our lists that something in force refers to
  /// Commands that make the daemon look at the lists now, each with the block it stands in.
  std::map<std::string, std::set<std::string>> reapply;
  bool advertises = false;  ///< ospf6d: `ipv6 ospf6 advertise prefix-list` on an interface
  friend bool operator==(const OspfConfig&, const OspfConfig&) = default;
};
/// From `show running-config` of ospfd (IPv4) or ospf6d (IPv6). Fails with a sentence if nothing
/// in it refers to a list of ours.
Result<OspfConfig> parse_ospf_config(std::string_view running, Family family,
                                     std::string_view vrf = {});

/// Whether a list of ours in the VRF is to have routes with this tag.
bool selects(std::string_view list, std::uint32_t tag, std::string_view vrf = {});
/// The fewest prefixes that contain exactly these addresses: FRR needs milliseconds for each entry
/// of a prefix-list, and the more the longer the list is.
std::vector<IpPrefix> cover(const std::set<IpAddress>& addresses);
/// "permit 10.10.10.8/30 ge 32": the host routes of a prefix.
std::string permit(const IpPrefix& prefix);
/// The host routes that such an entry permits; none if it is of another form, or more than 65536.
std::set<IpAddress> permitted(std::string_view entry);

// ---------------------------------------------------------------------------- questions

/// What a daemon holds of a VIP.
struct Holding {
  enum class State : std::uint8_t { unknown, absent, blocked, held };
  State state = State::unknown;
  std::string detail;           ///< for a person, of `unknown` and `blocked`
  bool without_effect = false;  ///< what was configured is there, but the daemon made nothing of it
  friend bool operator==(const Holding&, const Holding&) = default;
};
std::string show_bgp_command(const IpAddress& vip, const std::string& vrf = {});
Holding parse_bgp_path(std::string_view answer, const IpAddress& vip, const std::string& vrf = {});
std::string show_ospf_command(const IpAddress& vip, const std::string& vrf = {});
/// One question for all VIPs: its answer lists the whole of what the node itself originates.
std::string show_ospf6_command(bool advertises, const std::string& vrf = {});
/// Of either of ospfd and ospf6d, by the VIP's family.
Holding parse_ospf_lsa(std::string_view answer, const IpAddress& vip);

/// The VRFs other than the default one for which a configuration has lines of ours.
std::set<std::string> vrfs_with_own_lines(std::string_view running);
/// Whether a saved configuration has lines that vipherd wrote: they would be in force before any
/// check has passed.
bool has_own_lines(std::string_view saved);

}  // namespace vipherd::wire::vty
