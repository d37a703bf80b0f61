// FRR's configuration as a tree that can be compared, with any author.
#include <algorithm>
#include <array>
#include <map>
#include <string>

#include "vipherd/render/render.hpp"

namespace vipherd::render {
namespace {

struct Block {
  std::map<std::string, Block> lines;
};

/// What is no configuration, or is no business of ours: of this FRR's version, its log and its
/// host.
bool is_noise(std::string_view line) {
  static constexpr std::array<std::string_view, 18> kBeginnings{"!",
                                                                "#",
                                                                "exit",
                                                                "end",
                                                                "Building ",
                                                                "Current ",
                                                                "frr version ",
                                                                "frr defaults ",
                                                                "hostname ",
                                                                "domainname ",
                                                                "log ",
                                                                "service integrated-vtysh-config",
                                                                "line vty",
                                                                "password ",
                                                                "ip forwarding",
                                                                "ipv6 forwarding",
                                                                "no ip forwarding",
                                                                "no ipv6 forwarding"};
  return std::ranges::any_of(
      kBeginnings, [line](std::string_view beginning) { return line.starts_with(beginning); });
}

/// What the announcer vty adds, as long as VIPs are up.
bool is_the_agents(std::string_view line) {
  static constexpr std::array<std::string_view, 3> kBeginnings{
      "ip prefix-list VIPHERD-VTY", "ipv6 prefix-list VIPHERD-VTY", "route-map VIPHERD-VTY"};
  if (line.starts_with("network ") && line.find(" route-map VIPHERD-VTY") != line.npos) return true;
  return std::ranges::any_of(
      kBeginnings, [line](std::string_view beginning) { return line.starts_with(beginning); });
}

/// Of bgpd as a whole, which is given in one instance and shown beside them all.
bool is_of_all_instances(std::string_view line) {
  return line.starts_with("bgp route-map delay-timer ");
}

/// One way to write what FRR takes in two, or shows in another one than it takes.
std::string in_one_spelling(std::string_view line) {
  std::string text(line);
  if (text.ends_with(" area 0")) text += ".0.0.0";
  if (text == "detect-multiplier 3") text.clear();  // the default is not shown
  // `show running-config` gives the switch and the profile, of which the second includes the first.
  constexpr std::string_view kProfile = " bfd profile ";
  if (text.starts_with("neighbor ") && text.find(kProfile) == text.npos && text.ends_with(" bfd")) {
    text.clear();
  }
  return text;
}

void write(const Block& block, std::size_t depth, std::string& text) {
  for (const auto& [line, below] : block.lines) {
    text.append(depth, ' ').append(line).append("\n");
    write(below, depth + 1, text);
  }
}

}  // namespace

std::string comparable_frr(std::string_view text) {
  Block all;
  // The open blocks, each with the indentation of its lines' parent.
  std::vector<std::pair<std::size_t, Block*>> open;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t indent = line.find_first_not_of(" \t\r");
    if (indent == line.npos) continue;
    line = line.substr(indent, line.find_last_not_of(" \t\r") + 1 - indent);
    if (is_noise(line)) continue;
    while (!open.empty() && open.back().first >= indent) open.pop_back();
    Block* parent = open.empty() ? &all : open.back().second;
    if (is_of_all_instances(line)) parent = &all;
    if (parent == nullptr) continue;  // within what is left out
    const std::string spelled = is_the_agents(line) ? "" : in_one_spelling(line);
    open.emplace_back(indent, spelled.empty() ? nullptr : &parent->lines[spelled]);
  }
  std::string comparable;
  write(all, 0, comparable);
  return comparable;
}

}  // namespace vipherd::render
