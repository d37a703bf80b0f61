#include "vipherd/wire/vty/redistribution.hpp"

#include "wire/vty/text.hpp"

namespace vipherd::wire::vty {
namespace {

/// What follows `words` in the line, if it begins with them as whole words.
std::optional<std::string_view> after(std::string_view line, std::string_view words) {
  if (!line.starts_with(words)) return std::nullopt;
  line.remove_prefix(words.size());
  if (!line.empty() && !line.starts_with(' ')) return std::nullopt;
  return trim(line);
}

/// Whether the top-level line opens the protocol's instance of the VRF.
bool opens(std::string_view line, std::string_view protocol, std::string_view vrf) {
  auto rest = after(line, "router " + std::string(protocol));
  if (!rest) return false;
  // `router bgp 65001`, `router ospf 1`: a number, then perhaps a VRF.
  std::string_view words = *rest;
  std::string_view word = next_word(words);
  if (!word.empty() && word.find_first_not_of("0123456789.") == std::string_view::npos) {
    word = next_word(words);
  }
  if (word == "vrf") return next_word(words) == vrf;
  return vrf.empty() && word != "view";
}

std::string_view route_map_in(std::string_view words) {
  while (!words.empty()) {
    const std::string_view word = next_word(words);
    if (word.empty()) break;
    if (word == "route-map") return next_word(words);
  }
  return {};
}

}  // namespace

Redistribution parse_redistribution(std::string_view running, const RedistributionQuestion& of) {
  Redistribution found;
  bool inside = false;    // the instance
  bool in_family = true;  // of it; OSPF has none
  const bool has_families = of.protocol == "bgp";
  const std::string family =
      std::string("address-family ") + (of.family == Family::ipv4 ? "ipv4" : "ipv6") + " unicast";
  while (!running.empty()) {
    std::string_view line = next_line(running);
    if (trim(line).empty() || line.starts_with('!')) continue;
    const bool top = !line.starts_with(' ');
    line = trim(line);
    if (top) {
      inside = opens(line, of.protocol, of.vrf);
      in_family = !has_families;
      found.instance = found.instance || inside;
      if (const auto map = after(line, "route-map")) {
        std::string_view words = *map;
        found.route_maps.insert(printable(next_word(words)));
      }
      continue;
    }
    if (!inside) continue;
    if (has_families && line.starts_with("address-family ")) in_family = line == family;
    if (line == "exit-address-family") in_family = false;
    if (!in_family) continue;
    if (const auto rest = after(line, "redistribute " + std::string(of.type))) {
      found.redistributes = true;
      found.route_map = printable(route_map_in(*rest));
    }
  }
  return found;
}

}  // namespace vipherd::wire::vty
