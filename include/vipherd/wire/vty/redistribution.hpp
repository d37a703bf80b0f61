// What a daemon's running configuration passes on from zebra's routes into a protocol: asked when a
// VIP is missing there, to tell why. Pure and bounded; trusts no byte it is given.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "vipherd/base/ip_prefix.hpp"

namespace vipherd::wire::vty {

struct RedistributionQuestion {
  std::string_view protocol;  ///< "bgp", "ospf", "ospf6", as after `router`
  std::string_view type;      ///< "openfabric", "connected", as after `redistribute`
  Family family = Family::ipv4;
  std::string_view vrf{};  ///< empty: the default one
};

struct Redistribution {
  bool instance = false;       ///< there is a `router PROTOCOL` of the VRF
  bool redistributes = false;  ///< with `redistribute TYPE`, for bgp in the family's block
  std::string route_map{};     ///< of that line; empty: none
  std::set<std::string, std::less<>> route_maps{};  ///< that are defined
  friend bool operator==(const Redistribution&, const Redistribution&) = default;
};
/// Whether this line at the left margin opens the protocol's instance of the VRF (empty: the
/// default one): `router bgp 65001 vrf blue`, `router ospf 1`, `router ospf6`.
bool opens_instance(std::string_view line, std::string_view protocol, std::string_view vrf);

/// From `show running-config` of the daemon.
Redistribution parse_redistribution(std::string_view running, const RedistributionQuestion& of);

}  // namespace vipherd::wire::vty
