// What FRR's configuration does with the VIPs' routes beside redistributing them.
#include <algorithm>
#include <array>

#include "doctor/rules/denied.hpp"
#include "vipherd/base/lines.hpp"

namespace vipherd::doctor {
namespace {

constexpr Rule kZebraMap{"ip-protocol-route-map", Severity::problem, Roles::node,
                         "zebra itself denies the VIPs' routes (ip protocol ... route-map): none "
                         "is selected, and no daemon "
                         "hears of them.",
                         "Permit the pool in that route-map, or remove the line."};
constexpr Rule kNetwork{"network-statement", Severity::notice, Roles::node,
                        "A network statement announces the VIPs past the route-map: a drain has no "
                        "effect there, and what "
                        "else makes the VIP local is announced whatever the checks say.",
                        "Remove the statement: vipherd's routes are redistributed."};

constexpr std::array kStatementRules{&kZebraMap, &kNetwork};

/// Of an instance: `network 10.10.10.0/24 area 0`, `network 10.10.10.10/32`. Those that vipherd
/// writes itself name a route-map of its own.
void look_at_networks(const Facts& facts, const Speaker& speaker, Findings& found) {
  const auto config = config_of(facts, speaker.daemon);
  const auto instance =
      config ? find_instance(*config, speaker.protocol, speaker.vrf) : std::nullopt;
  if (!instance) return;
  const std::string section = family_section(speaker.protocol, speaker.family == Family::ipv4);
  for (const ConfigLine& line : *config) {
    std::string_view rest = line.text;
    if (line.head != *instance || line.section != section || !cut_words(rest, "network")) continue;
    if (line.text.find("VIPHERD-VTY") != std::string::npos) continue;
    const auto prefix = IpPrefix::parse(cut_word(rest));
    if (!prefix) continue;
    // OSPF takes the addresses within the prefix, BGP the very prefix.
    const bool within = speaker.protocol != "bgp";
    std::vector<std::string> vips;
    for (const AnnouncedVip& vip : vips_of(facts, speaker)) {
      const bool named = prefix->is_host_route() && prefix->address == vip.vip;
      if (named || (within && prefix->contains(vip.vip))) vips.push_back(vip.vip.to_string());
    }
    if (vips.empty()) continue;
    std::vector<std::string> lines{*instance};
    if (!section.empty()) lines.push_back(section);
    lines.push_back("no " + line.text);
    found.add(kNetwork, speaker.name() + ": " + line.text + ": " + some_of(vips)).commands =
        configure(facts, lines);
  }
}

/// `ip protocol PROTOCOL route-map MAP` of zebra: that of the protocol, or where it has none that
/// of `any` (zebra_route_map_check() of FRR).
void look_at_zebra_map(const Facts& facts, const FrrConfig& config, Family family,
                       const std::string& type, Findings& found) {
  const std::string words = family == Family::ipv4 ? "ip protocol " : "ipv6 protocol ";
  std::string begin = words + type;
  auto line = find_words(config, begin);
  if (!line) {
    begin = words + "any";
    line = find_words(config, begin);
  }
  if (!line) return;
  const std::string map(word_after(*line, "route-map"));
  const std::string statement = begin + " route-map " + map;
  const FrrPolicy policy(config);
  const Denied denied = denied_of(
      vips_of(facts, {"", "", family, ""}),
      [&](const AnnouncedVip& vip) { return policy.apply_route_map(map, vip.vip, vip.tag); });
  for (const auto& [result, whom] : denied) {
    const bool known = result.kind != PolicyResult::Kind::unknown;
    std::string seen = "zebra: ";
    seen.append(statement).append(": ").append(result.reason).append(": ").append(some_of(whom));
    Finding& finding = found.add(kZebraMap, std::move(seen),
                                 known ? Certainty::looked_up : Certainty::cannot_tell);
    if (known) finding.commands = configure(facts, {"no " + statement});
  }
}

void look_at_zebra_maps(const Facts& facts, Findings& found) {
  if (!facts.frr_config.traits().speaks_zapi) return;
  const auto config = config_of(facts, "zebra");
  if (!config) return;
  const std::string type(model::to_string(facts.frr_config.route_type));
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    look_at_zebra_map(facts, *config, family, type, found);
  }
}

}  // namespace

const Topic kStatementTopic{"FRR's other statements", kStatementRules};

void look_at_statements(const Facts& facts, Findings& found) {
  if (facts.role != Role::node) return;
  look_at_zebra_maps(facts, found);
  for (const Speaker& speaker : speakers_of(facts)) look_at_networks(facts, speaker, found);
}

}  // namespace vipherd::doctor
