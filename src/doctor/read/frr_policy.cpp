#include "doctor/read/frr_policy.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "vipherd/base/lines.hpp"
#include "vipherd/base/numbers.hpp"

namespace vipherd::doctor {
namespace {

using Kind = PolicyResult::Kind;

const char* list_words(Family family) {
  return family == Family::ipv4 ? "ip prefix-list" : "ipv6 prefix-list";
}

}  // namespace

FrrPolicy::FrrPolicy(const FrrConfig& config) {
  for (const ConfigLine& line : config) {
    read_map_line(line);
    for (const Family family : {Family::ipv4, Family::ipv6}) read_list_line(line.text, family);
  }
}

void FrrPolicy::read_map_line(const ConfigLine& line) {
  std::string_view rest = line.head;
  if (!cut_words(rest, "route-map")) return;
  const std::string name(cut_word(rest));
  const std::string entry(rest);
  cut_word(rest);
  const auto number = parse_number<std::uint32_t>(rest);
  if (!number) return;
  MapEntry& found = maps_[name][*number];
  found.name = entry;
  if (line.text != line.head) found.lines.push_back(line.text);
}

/// "ip prefix-list L seq 5 permit 10.10.10.0/24 ge 32 le 32", or "... deny any".
void FrrPolicy::read_list_line(std::string_view line, Family family) {
  if (!cut_words(line, list_words(family))) return;
  const std::string name(cut_word(line));
  if (cut_word(line) != "seq") return;
  const auto number = parse_number<std::uint32_t>(cut_word(line));
  if (!number) return;
  ListEntry entry{.permits = cut_word(line) == "permit"};
  const std::string_view prefix = cut_word(line);
  entry.any = prefix == "any";
  if (const auto parsed = IpPrefix::parse(prefix)) entry.prefix = *parsed;
  while (!line.empty()) {
    const std::string_view key = cut_word(line);
    const auto length = parse_number<int>(cut_word(line));
    if (key == "ge") entry.least = length;
    if (key == "le") entry.most = length;
  }
  lists_[family][name].insert_or_assign(*number, entry);
}

/// As lib/plist.c applies it to a host route.
bool FrrPolicy::ListEntry::takes(const IpAddress& vip) const {
  if (any) return true;
  if (!prefix || !prefix->contains(vip)) return false;
  const int length = vip.host_length();
  if (!least && !most) return prefix->length == length;
  return length >= least.value_or(0) && length <= most.value_or(length);
}

FrrPolicy::Match FrrPolicy::match_line(std::string_view line, const IpAddress& vip,
                                       std::uint32_t tag) const {
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
    const auto result = apply_prefix_list(cut_word(rest), vip);
    return result.permitted() ? Match::yes : Match::no_by_list;
  }
  return Match::unknown;
}

/// The prefix-list of a line that did not match for it.
void FrrPolicy::name_list(EntryResult& result, const IpAddress& vip) const {
  if (result.match != Match::no_by_list) return;
  result.list = word_after(result.line, "prefix-list");
  const PolicyResult listed = apply_prefix_list(result.list, vip);
  result.to_extend = listed.kind == Kind::missing || !listed.lacking.empty();
}

FrrPolicy::EntryResult FrrPolicy::match_entry(const MapEntry& entry, const IpAddress& vip,
                                              std::uint32_t tag) const {
  EntryResult result;
  for (const std::string& line : entry.lines) {
    const Match match = match_line(line, vip, tag);
    if (match == Match::no) return {Match::no, line};
    // The tag of another entry says more than a list that all of them share.
    const bool graver =
        match == Match::no_by_list || (match == Match::unknown && result.match == Match::yes);
    if (graver) result = {match, line};
  }
  name_list(result, vip);
  return result;
}

PolicyResult FrrPolicy::apply_prefix_list(std::string_view name, const IpAddress& vip) const {
  const std::string list = std::string(list_words(vip.family())) + " " + std::string(name);
  const auto lists = lists_.find(vip.family());
  if (lists == lists_.end()) return {Kind::missing, "there is no " + list};
  const auto found = lists->second.find(name);
  if (found == lists->second.end()) return {Kind::missing, "there is no " + list};
  for (const auto& [number, entry] : found->second) {
    if (!entry.takes(vip)) continue;
    if (entry.permits) return {};
    return {Kind::denied_by_list, list + " seq " + std::to_string(number) + " denies it"};
  }
  return {Kind::denied_by_list, list + " permits it in no entry", std::string(name)};
}

PolicyResult FrrPolicy::apply_route_map(std::string_view name, const IpAddress& vip,
                                        std::uint32_t tag) const {
  const std::string map = "route-map " + std::string(name);
  const auto found = maps_.find(name);
  if (found == maps_.end()) return {Kind::missing, "there is no " + map};
  std::optional<PolicyResult> by_list;
  std::set<std::string, std::less<>> spared;  // lists without which an entry would deny
  for (const auto& [number, entry] : found->second) {
    const EntryResult result = match_entry(entry, vip, tag);
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
