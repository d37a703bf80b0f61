#include "doctor/read/bgp_neighbours.hpp"

#include <algorithm>

#include "vipherd/base/lines.hpp"

namespace vipherd::doctor {

BgpNeighbours::BgpNeighbours(const FrrConfig& config, const std::string& instance) {
  std::vector<std::string> groups;
  std::vector<std::string> listening;
  std::string_view head = instance;
  cut_words(head, "router bgp");
  as_number_ = cut_word(head);
  for (const ConfigLine& line : config) {
    if (line.head != instance || line.text == line.head) continue;
    if (line.text == "no bgp default ipv4-unicast") ipv4_by_default_ = false;
    std::string_view rest = line.text;
    if (cut_words(rest, "bgp listen range")) listening.emplace_back(word_after(rest, "peer-group"));
    std::string_view undone = line.text;
    if (cut_words(undone, "no neighbor")) {
      const std::string name(cut_word(undone));
      if (undone == "activate") inactive_.insert({name, line.section});
    }
    if (!cut_words(rest, "neighbor")) continue;
    const std::string name(cut_word(rest));
    if (rest == "peer-group") groups.push_back(name);
    std::string_view group = rest;
    // An unnumbered neighbour says all in one line: `neighbor eth1 interface peer-group SPINES`.
    cut_words(group, "interface");
    cut_words(group, "v6only");
    if (cut_words(group, "peer-group") && !group.empty()) group_of_[name] = group;
    if (cut_words(group, "remote-as")) {
      lines_.push_back({name, line.section, "remote-as " + std::string(group)});
    }
    lines_.push_back({name, line.section, std::string(rest)});
    if (std::ranges::find(names_, name) == names_.end()) names_.push_back(name);
  }
  std::erase_if(names_, [&](const std::string& name) {
    const bool is_group = std::ranges::find(groups, name) != groups.end();
    return is_group && std::ranges::find(listening, name) == listening.end();
  });
}

std::optional<std::string> BgpNeighbours::find(const std::string& name, std::string_view words,
                                               std::string_view section) const {
  for (const Line& line : lines_) {
    std::string_view rest = line.rest;
    if (line.neighbour == name && line.section == section && cut_words(rest, words)) {
      return std::string(rest);
    }
  }
  const auto group = group_of_.find(name);
  if (group == group_of_.end() || group->second == name) return std::nullopt;
  return find(group->second, words, section);
}

std::map<std::string, std::string> BgpNeighbours::filters(const std::string& name,
                                                          std::string_view section,
                                                          std::string_view direction) const {
  std::map<std::string, std::string> found;
  const auto group = group_of_.find(name);
  if (group != group_of_.end() && group->second != name) {
    found = filters(group->second, section, direction);
  }
  for (const Line& line : lines_) {
    if (line.neighbour != name || line.section != section) continue;
    std::string_view rest = line.rest;
    const std::string kind(cut_word(rest));
    const std::string filter(cut_word(rest));
    if (rest != direction) continue;
    for (const char* one : {"prefix-list", "route-map", "distribute-list", "filter-list"}) {
      if (kind == one) found[kind] = filter;
    }
  }
  return found;
}

bool BgpNeighbours::is_active(const std::string& name, bool ipv4) const {
  const std::string section = family_section("bgp", ipv4);
  const auto says = [&](const std::string& who) -> std::optional<bool> {
    if (inactive_.contains({who, section})) return false;
    const bool active = std::ranges::any_of(lines_, [&](const Line& line) {
      return line.neighbour == who && line.section == section && line.rest == "activate";
    });
    return active ? std::optional(true) : std::nullopt;
  };
  if (const auto own = says(name)) return *own;
  const auto group = group_of_.find(name);
  const auto its = group == group_of_.end() ? std::nullopt : says(group->second);
  return its.value_or(ipv4 && ipv4_by_default_);
}

bool BgpNeighbours::is_external(const std::string& name) const {
  const auto remote = find(name, "remote-as");
  return remote && *remote != "internal" && *remote != as_number_;
}

}  // namespace vipherd::doctor
