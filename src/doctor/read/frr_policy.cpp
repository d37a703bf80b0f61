#include "doctor/read/frr_policy.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "doctor/read/lines.hpp"
#include "vipherd/base/numbers.hpp"

namespace vipherd::doctor {
namespace {

using Kind = PolicyResult::Kind;

/// "permit 10.10.10.0/24 ge 32 le 32" or "deny any", as lib/plist.c applies it to a host route.
bool entry_takes(std::string_view entry, const IpAddress& vip) {
  const std::string_view prefix = cut_word(entry);
  std::optional<int> least;
  std::optional<int> most;
  while (!entry.empty()) {
    const std::string_view key = cut_word(entry);
    const auto number = parse_number<int>(cut_word(entry));
    if (key == "ge") least = number;
    if (key == "le") most = number;
  }
  if (prefix == "any") return true;
  const auto parsed = IpPrefix::parse(prefix);
  if (!parsed || !parsed->contains(vip)) return false;
  const int length = vip.host_length();
  if (!least && !most) return parsed->length == length;
  return length >= least.value_or(0) && length <= most.value_or(length);
}

struct MapEntry {
  std::string name;  ///< "permit 10"
  bool permits() const { return name.starts_with("permit"); }
  std::vector<std::string> lines{};
};

std::map<std::uint32_t, MapEntry> entries_of(const FrrConfig& config, std::string_view name) {
  std::map<std::uint32_t, MapEntry> entries;
  for (const ConfigLine& line : config) {
    std::string_view rest = line.head;
    if (!cut_words(rest, "route-map") || cut_word(rest) != name) continue;
    const std::string entry(rest);
    cut_word(rest);
    const auto number = parse_number<std::uint32_t>(rest);
    if (!number) continue;
    MapEntry& found = entries[*number];
    found.name = entry;
    if (line.text != line.head) found.lines.push_back(line.text);
  }
  return entries;
}

enum class Match { yes, no, no_by_list, unknown };

Match match_line(const FrrConfig& config, std::string_view line, const IpAddress& vip,
                 std::uint32_t tag) {
  if (!cut_words(line, "match")) {
    const bool decides =
        line.starts_with("call ") || line.starts_with("on-match ") || line.starts_with("continue");
    return decides ? Match::unknown : Match::yes;
  }
  if (cut_words(line, "tag")) {
    return parse_number<std::uint32_t>(line) == tag ? Match::yes : Match::no;
  }
  for (const bool ipv4 : {true, false}) {
    std::string_view rest = line;
    if (!cut_words(rest, ipv4 ? "ip address prefix-list" : "ipv6 address prefix-list")) continue;
    if (ipv4 != vip.is_v4()) return Match::no;
    const auto result = apply_prefix_list(config, cut_word(rest), vip);
    return result.permitted() ? Match::yes : Match::no_by_list;
  }
  return Match::unknown;
}

struct EntryResult {
  Match match = Match::yes;
  std::string line;        ///< that decided
  std::string list{};      ///< of no_by_list
  bool to_extend = false;  ///< one more entry at the end of the list, and it would match
};

/// The prefix-list of a line that did not match for it.
void name_list(EntryResult& result, const FrrConfig& config, const IpAddress& vip) {
  if (result.match != Match::no_by_list) return;
  result.list = word_after(result.line, "prefix-list");
  const PolicyResult listed = apply_prefix_list(config, result.list, vip);
  result.to_extend = listed.kind == Kind::missing || !listed.lacking.empty();
}

EntryResult match_entry(const FrrConfig& config, const MapEntry& entry, const IpAddress& vip,
                        std::uint32_t tag) {
  EntryResult result;
  for (const std::string& line : entry.lines) {
    const Match match = match_line(config, line, vip, tag);
    if (match == Match::no) return {Match::no, line};
    // The tag of another entry says more than a list that all of them share.
    const bool graver =
        match == Match::no_by_list || (match == Match::unknown && result.match == Match::yes);
    if (graver) result = {match, line};
  }
  name_list(result, config, vip);
  return result;
}

}  // namespace

PolicyResult apply_prefix_list(const FrrConfig& config, std::string_view name,
                               const IpAddress& vip) {
  const std::string begin = std::string(vip.is_v4() ? "ip" : "ipv6") + " prefix-list";
  const std::string list = begin + " " + std::string(name);
  std::map<std::uint32_t, std::string> entries;
  for (const ConfigLine& line : config) {
    std::string_view rest = line.text;
    if (!cut_words(rest, begin) || cut_word(rest) != name) continue;
    if (cut_word(rest) != "seq") continue;
    const auto number = parse_number<std::uint32_t>(cut_word(rest));
    if (number) entries[*number] = rest;
  }
  if (entries.empty()) return {Kind::missing, "there is no " + list};
  for (const auto& [number, entry] : entries) {
    std::string_view rest = entry;
    const bool permits = cut_word(rest) == "permit";
    if (!entry_takes(rest, vip)) continue;
    if (permits) return {};
    return {Kind::denied_by_list, list + " seq " + std::to_string(number) + " denies it"};
  }
  return {Kind::denied_by_list, list + " permits it in no entry", std::string(name)};
}

PolicyResult apply_route_map(const FrrConfig& config, std::string_view name, const IpAddress& vip,
                             std::uint32_t tag) {
  const std::string map = "route-map " + std::string(name);
  const auto entries = entries_of(config, name);
  if (entries.empty()) return {Kind::missing, "there is no " + map};
  std::optional<PolicyResult> by_list;
  std::set<std::string, std::less<>> spared;  // lists without which an entry would deny
  for (const auto& [number, entry] : entries) {
    const EntryResult result = match_entry(config, entry, vip, tag);
    const std::string where = map + " " + entry.name;
    switch (result.match) {
      case Match::no:
        continue;
      case Match::no_by_list:
        if (!entry.permits()) {
          spared.insert(result.list);
        } else if (!by_list) {
          by_list =
              PolicyResult{Kind::denied_by_list, where + ": " + result.line + " does not permit it",
                           result.to_extend ? result.list : ""};
        }
        continue;
      case Match::unknown:
        return {Kind::unknown, where + " has \"" + result.line + "\", which is not computed here"};
      case Match::yes:
        break;
    }
    if (entry.permits()) return {};
    return {Kind::denied, where + " denies it"};
  }
  if (by_list && spared.contains(by_list->lacking)) by_list->lacking.clear();
  if (by_list) return *by_list;
  return {Kind::denied, map + " has no entry for tag " + std::to_string(tag)};
}

}  // namespace vipherd::doctor
