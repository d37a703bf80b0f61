// A daemon's `show running-config`, or frr.conf, as lines that know where they stand. Pure and
// bounded.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vipherd::doctor {

struct ConfigLine {
  std::string head;     ///< the line at the left margin that it stands under: "router bgp 65001"
  std::string section;  ///< of a BGP instance: "address-family ipv4 unicast"; else empty
  std::string text;     ///< the line itself, without blanks at its ends; at the margin: the head
  friend bool operator==(const ConfigLine&, const ConfigLine&) = default;
};
using FrrConfig = std::vector<ConfigLine>;

/// Comments and the ends of blocks are left out. frr.conf may open a block several times.
FrrConfig parse_frr_config(std::string_view text);

/// The line that opens `router bgp|ospf|ospf6` of a VRF (empty: the default one); nullopt: none
/// does.
std::optional<std::string> find_instance(const FrrConfig& config, std::string_view protocol,
                                         std::string_view vrf);
/// What follows `words` in the first line of the block that begins so.
std::optional<std::string> find_words(const FrrConfig& config, std::string_view head,
                                      std::string_view section, std::string_view words);
/// The same at the left margin.
std::optional<std::string> find_words(const FrrConfig& config, std::string_view words);
bool has_route_map(const FrrConfig& config, std::string_view name);
/// "address-family ipv4 unicast" for bgp, and nothing for OSPF, which has a daemon for each family.
std::string family_section(std::string_view protocol, bool ipv4);

}  // namespace vipherd::doctor
