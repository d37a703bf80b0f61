#include "doctor/read/frr_config.hpp"

#include "doctor/read/lines.hpp"

namespace vipherd::doctor {
namespace {

/// `router bgp 65001 vrf blue`, `router ospf 1`, `router ospf6`: what follows the protocol.
bool opens(std::string_view head, std::string_view protocol, std::string_view vrf) {
  if (!cut_words(head, "router " + std::string(protocol))) return false;
  std::string_view word = cut_word(head);
  if (!word.empty() && word.find_first_not_of("0123456789.") == std::string_view::npos) {
    word = cut_word(head);
  }
  if (word == "vrf") return cut_word(head) == vrf;
  return vrf.empty() && word != "view";
}

}  // namespace

FrrConfig parse_frr_config(std::string_view text) {
  FrrConfig config;
  std::string head;
  std::string section;
  while (!text.empty()) {
    const std::string_view raw = cut_line(text);
    const std::string_view line = without_blanks(raw);
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
    if (line.text == line.head && opens(line.head, protocol, vrf)) return line.head;
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

std::string word_after(std::string_view line, std::string_view key) {
  while (!line.empty()) {
    if (cut_word(line) == key) return std::string(cut_word(line));
  }
  return {};
}

std::string family_section(std::string_view protocol, bool ipv4) {
  if (protocol != "bgp") return {};
  return ipv4 ? "address-family ipv4 unicast" : "address-family ipv6 unicast";
}

}  // namespace vipherd::doctor
