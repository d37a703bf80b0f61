#include "doctor/read/frr_config.hpp"

#include <algorithm>

#include "vipherd/base/lines.hpp"
#include "vipherd/wire/vty/redistribution.hpp"

namespace vipherd::doctor {
FrrConfig parse_frr_config(std::string_view text) {
  FrrConfig config;
  std::string head;
  std::string section;
  while (!text.empty()) {
    const std::string_view raw = cut_line(text);
    const std::string_view line = trim(raw);
    if (line.empty() || line.starts_with('!') || line == "exit" || line == "end") continue;
    if (line == "exit-address-family") {
      section.clear();
      continue;
    }
    if (!raw.starts_with(' ')) {
      head = line;
      section.clear();
    } else if (line.starts_with("address-family ")) {
      section = line;
      continue;
    }
    config.push_back({head, section, std::string(line)});
  }
  return config;
}

std::optional<std::string> find_instance(const FrrConfig& config, std::string_view protocol,
                                         std::string_view vrf) {
  for (const ConfigLine& line : config) {
    if (line.text == line.head && wire::vty::opens_instance(line.head, protocol, vrf))
      return line.head;
  }
  return std::nullopt;
}

std::optional<std::string> find_words(const FrrConfig& config, std::string_view head,
                                      std::string_view section, std::string_view words) {
  for (const ConfigLine& line : config) {
    if (line.head != head || line.section != section || line.text == line.head) continue;
    std::string_view rest = line.text;
    if (cut_words(rest, words)) return std::string(rest);
  }
  return std::nullopt;
}

std::optional<std::string> find_words(const FrrConfig& config, std::string_view words) {
  for (const ConfigLine& line : config) {
    std::string_view rest = line.text;
    if (line.text == line.head && cut_words(rest, words)) return std::string(rest);
  }
  return std::nullopt;
}

bool has_route_map(const FrrConfig& config, std::string_view name) {
  const std::string begin = "route-map " + std::string(name) + " ";
  return std::ranges::any_of(config,
                             [&](const ConfigLine& line) { return line.head.starts_with(begin); });
}

std::string family_section(std::string_view protocol, bool ipv4) {
  if (protocol != "bgp") return {};
  return ipv4 ? "address-family ipv4 unicast" : "address-family ipv6 unicast";
}

}  // namespace vipherd::doctor
