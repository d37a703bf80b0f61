// What the rules about FRR have in common: which daemons there should be, and where each family's
// VIPs are announced from.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "doctor/read/frr_config.hpp"
#include "doctor/rules/findings.hpp"

namespace vipherd::doctor {

const DaemonFacts* daemon_of(const Facts& facts, std::string_view daemon);

/// Of a node: those that its configuration needs. Of a router: those that are enabled or answer.
std::vector<std::string> needed_daemons(const Facts& facts);

/// One daemon's part in announcing the VIPs of one family in one VRF.
struct Speaker {
  std::string daemon;    ///< "bgpd"
  std::string protocol;  ///< "bgp", as after `router`
  Family family = Family::ipv4;
  std::string vrf;
  std::string name() const;  ///< "bgpd for IPv4", "bgpd for IPv4 in VRF blue"
};
/// Of a node those that its VIPs need; of a router both families of each daemon, in the default
/// VRF.
std::vector<Speaker> speakers_of(const Facts& facts);

/// A VIP with the tags of its route: when it is up, and when it is drained.
struct AnnouncedVip {
  IpAddress vip;
  std::uint32_t tag = 0;
  std::uint32_t drain_tag = 0;
};
std::vector<AnnouncedVip> vips_of(const Facts& facts, const Speaker& speaker);

/// "a, b and 7 more": a service may have thousands of VIPs.
std::string some_of(const std::vector<std::string>& names);

/// The running configuration; nothing if it is not known, which look_at_daemons() has said.
std::optional<FrrConfig> config_of(const Facts& facts, std::string_view daemon);

/// Saves the running configuration, unless what vipherd itself wrote there (announcer = "vty")
/// would be saved with it, to be in force from FRR's next start on; or might be, where a daemon
/// that runs does not tell what it has. Then a comment that says so.
std::string save_command(const Facts& facts);
/// The command and then the one that saves it.
std::vector<std::string> configure(const Facts& facts, const std::vector<std::string>& lines);

}  // namespace vipherd::doctor
