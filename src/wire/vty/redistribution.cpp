#include "vipherd/wire/vty/redistribution.hpp"

#include "wire/vty/text.hpp"

namespace vipherd::wire::vty {

bool opens_instance(std::string_view line, std::string_view protocol, std::string_view vrf) {
  if (!cut_words(line, "router " + std::string(protocol))) return false;
  // A number or an AS, then perhaps a VRF.
  std::string_view word = cut_word(line);
  if (!word.empty() && word.find_first_not_of("0123456789.") == std::string_view::npos) {
    word = cut_word(line);
  }
  if (word == "vrf") return cut_word(line) == vrf;
  return vrf.empty() && word != "view";
}

Redistribution parse_redistribution(std::string_view running, const RedistributionQuestion& of) {
  Redistribution found;
  bool inside = false;    // the instance
  bool in_family = true;  // of it; OSPF has none
  const bool has_families = of.protocol == "bgp";
  const std::string family =
      std::string("address-family ") + (of.family == Family::ipv4 ? "ipv4" : "ipv6") + " unicast";
  while (!running.empty()) {
    std::string_view line = cut_line(running);
    if (trim(line).empty() || line.starts_with('!')) continue;
    const bool top = !line.starts_with(' ');
    line = trim(line);
    if (top) {
      inside = opens_instance(line, of.protocol, of.vrf);
      in_family = !has_families;
      found.instance = found.instance || inside;
      if (cut_words(line, "route-map")) found.route_maps.insert(printable(cut_word(line)));
      continue;
    }
    if (!inside) continue;
    if (has_families && line.starts_with("address-family ")) in_family = line == family;
    if (line == "exit-address-family") in_family = false;
    if (!in_family) continue;
    if (cut_words(line, "redistribute " + std::string(of.type))) {
      found.redistributes = true;
      found.route_map = printable(word_after(line, "route-map"));
    }
  }
  return found;
}

}  // namespace vipherd::wire::vty
