// Whether FRR's configuration files would bring back what runs now.
#include <algorithm>
#include <array>

#include "doctor/rules/frr_tools.hpp"
#include "vipherd/base/lines.hpp"
#include "vipherd/wire/vty/config.hpp"

namespace vipherd::doctor {
namespace {

constexpr Rule kNotSaved{"frr-not-saved", Severity::problem, Roles::node,
                         "What passes the VIPs on is in FRR's running configuration only: after "
                         "the next restart of FRR they "
                         "are not announced.",
                         "Save it: vtysh -c 'write memory'."};
constexpr Rule kOwnLines{
    "frr-saved-vips", Severity::problem, Roles::node,
    "FRR's files hold lines that vipherd wrote (VIPHERD-VTY), saved by an operator: FRR would "
    "announce these "
    "VIPs from its start on, whatever the checks say.",
    "Remove them there, and do not save the running configuration while vipherd runs."};

constexpr std::array kSavedRules{&kNotSaved, &kOwnLines};

/// The protocol of a block: "router bgp 65001" -> "router bgp".
std::string kind_of(const std::string& head) {
  const std::size_t second = head.find(' ', head.find(' ') + 1);
  return head.substr(0, second);
}

}  // namespace

const Topic kSavedTopic{"FRR's files", kSavedRules};

void look_at_saved(const Facts& facts, Findings& found) {
  if (facts.role != Role::node) return;
  if (!facts.frr.saved) {
    found.cannot_tell(kNotSaved, facts.frr.saved.error().what);
    return;
  }
  if (wire::vty::has_own_lines(*facts.frr.saved)) {
    found.add(kOwnLines, "lines with VIPHERD-VTY in FRR's files");
  }
  const std::string type(facts.frr_config.redistributed());
  if (type.empty()) return;
  const FrrConfig saved = parse_frr_config(*facts.frr.saved);
  std::vector<std::string> lost;
  for (const Speaker& speaker : speakers_of(facts)) {
    const auto running = config_of(facts, speaker.daemon);
    const auto instance =
        running ? find_instance(*running, speaker.protocol, speaker.vrf) : std::nullopt;
    if (!instance) continue;
    const std::string section = family_section(speaker.protocol, speaker.family == Family::ipv4);
    const std::string words = "redistribute " + type;
    const auto line = find_words(*running, *instance, section, words);
    if (!line) continue;
    const auto kept = find_instance(saved, speaker.protocol, speaker.vrf);
    const auto saved_line = kept ? find_words(saved, *kept, section, words) : std::nullopt;
    const std::string map(word_after(*line, "route-map"));
    // What announces no VIP as it is now, or too much, is no loss.
    if (map.empty() ? saved_line.has_value() : !has_route_map(*running, map)) continue;
    if (!saved_line || word_after(*saved_line, "route-map") != map) {
      lost.push_back("\"" + words + "\" of " + kind_of(*instance));
    } else if (!has_route_map(saved, map)) {
      lost.push_back("route-map " + map);
    }
  }
  std::ranges::sort(lost);
  lost.erase(std::unique(lost.begin(), lost.end()), lost.end());
  if (lost.empty()) return;
  found.add(kNotSaved, "not in the files: " + listed(lost)).commands = {save_command(facts)};
}

}  // namespace vipherd::doctor
