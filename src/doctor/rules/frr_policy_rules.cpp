// Whether FRR's configuration lets the VIPs through, from zebra to what each neighbour is sent.
#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "doctor/read/frr_policy.hpp"
#include "doctor/rules/denied.hpp"
#include "doctor/rules/frr_tools.hpp"
#include "vipherd/base/lines.hpp"

namespace vipherd::doctor {
namespace {

constexpr Rule kNoInstance{
    "frr-instance-missing", Severity::problem, Roles::node,
    "The daemon has no instance that could announce anything.",
    "Configure it as in deploy/frr, or take the protocol out of frr.protocols."};
constexpr Rule kNoRedistribute{
    "redistribute-missing", Severity::problem, Roles::node,
    "The daemon does not take the VIPs' routes from zebra: it does not announce them.",
    "Add the redistribute line of deploy/frr."};
constexpr Rule kUnfiltered{"redistribute-unfiltered", Severity::notice, Roles::node,
                           "Without a route-map nothing guards the pool, and a VIP that is drained "
                           "keeps its full preference "
                           "until it is withdrawn.",
                           "Redistribute with the route-map of deploy/frr."};
constexpr Rule kMapMissing{
    "route-map-missing", Severity::problem, Roles::node,
    "FRR denies everything where the route-map is not defined: the VIPs are not announced.",
    "Define it as in deploy/frr."};
constexpr Rule kMapDenies{"route-map-denies", Severity::problem, Roles::node,
                          "The route-map of the redistribute line denies the VIPs by their tag: "
                          "they are not announced.",
                          "Permit the tags of [services] route.tag, as in deploy/frr."};
constexpr Rule kListDenies{
    "prefix-list-denies", Severity::problem, Roles::node,
    "The prefix-list of the route-map does not have the VIPs: they are not announced.",
    "Give the prefix-list the pool of vipherd.toml, with ge 32 or ge 128."};
constexpr Rule kDrainDenied{"drain-denied", Severity::notice, Roles::node,
                            "The route-map does not know the tag of a VIP that is drained: a drain "
                            "withdraws it at once, and "
                            "what is under way is lost where routers have not moved yet.",
                            "Permit drain.tag as least preferred, as in deploy/frr."};
constexpr Rule kPoolMismatch{"pool-mismatch", Severity::notice, Roles::node,
                             "FRR's prefix-list has less than the pool of vipherd.toml: VIPs that "
                             "are added later may not be announced.",
                             "Give the prefix-list the whole pool, with ge 32 or ge 128."};
constexpr std::array kPolicyRules{&kNoInstance, &kNoRedistribute, &kUnfiltered,  &kMapMissing,
                                  &kMapDenies,  &kListDenies,     &kDrainDenied, &kPoolMismatch};

const Rule& rule_of(PolicyResult::Kind kind) {
  switch (kind) {
    case PolicyResult::Kind::missing:
      return kMapMissing;
    case PolicyResult::Kind::denied_by_list:
      return kListDenies;
    case PolicyResult::Kind::permitted:
    case PolicyResult::Kind::denied:
    case PolicyResult::Kind::unknown:
      break;
  }
  return kMapDenies;
}

/// Host routes of the pool, as the list should have them.
std::vector<std::string> pool_lines(const Facts& facts, Family family, const std::string& list) {
  std::vector<std::string> lines;
  for (const IpPrefix& prefix : facts.config->vips.pool) {
    if (prefix.address.family() != family) continue;
    const std::string length = std::to_string(prefix.address.host_length());
    std::string line = (family == Family::ipv4 ? "ip" : "ipv6") + std::string(" prefix-list ") +
                       list + " permit " + prefix.to_string();
    if (!prefix.is_host_route()) line += " ge " + length;
    lines.push_back(line);
  }
  return lines;
}

/// The last address of a prefix.
IpAddress last_of(const IpPrefix& prefix) {
  std::array<std::uint8_t, 16> bytes{};
  std::ranges::copy(prefix.address.bytes(), bytes.begin());
  const std::size_t size = prefix.address.bytes().size();
  for (std::size_t bit = prefix.length; bit < size * 8; ++bit) {
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] | (0x80 >> (bit % 8)));
  }
  return IpAddress::from_bytes(std::span(bytes).first(size));
}

/// The VIPs pass; whether the rest of the pool would, with the tag of one of them.
void look_at_whole_pool(const Facts& facts, const Speaker& speaker, const FrrPolicy& policy,
                        const std::string& map, std::uint32_t tag, Findings& found) {
  for (const IpPrefix& prefix : facts.config->vips.pool) {
    if (prefix.address.family() != speaker.family) continue;
    for (const IpAddress& end : {prefix.address, last_of(prefix)}) {
      const PolicyResult result = policy.apply_route_map(map, end, tag);
      if (result.kind != PolicyResult::Kind::denied_by_list) continue;
      found.add(kPoolMismatch, speaker.name() + ": " + result.reason + ": " + end.to_string() +
                                   " of " + prefix.to_string());
      break;
    }
  }
}

void look_at_map(const Facts& facts, const Speaker& speaker, const FrrPolicy& policy,
                 const std::string& map, Findings& found) {
  const auto vips = vips_of(facts, speaker);
  // A connected route has no tag, and no way to be drained.
  const bool tagged = !facts.frr_config.traits().attachment_announces;
  const Denied denied = denied_of(vips, [&](const AnnouncedVip& vip) {
    return policy.apply_route_map(map, vip.vip, tagged ? vip.tag : 0);
  });
  for (const auto& [result, whom] : denied) {
    const std::string seen = speaker.name() + ": " + result.reason + ": " + some_of(whom);
    if (result.kind == PolicyResult::Kind::unknown) {
      found.cannot_tell(kMapDenies, seen);
      continue;
    }
    Finding& finding = found.add(rule_of(result.kind), seen);
    if (!result.lacking.empty()) {
      finding.commands = configure(facts, pool_lines(facts, speaker.family, result.lacking));
    }
  }
  if (!denied.empty()) return;
  if (!vips.empty()) {
    look_at_whole_pool(facts, speaker, policy, map, tagged ? vips.front().tag : 0, found);
  }
  if (!tagged) return;
  const Denied drained = denied_of(vips, [&](const AnnouncedVip& vip) {
    return policy.apply_route_map(map, vip.vip, vip.drain_tag);
  });
  for (const auto& [result, whom] : drained) {
    const bool known = result.kind != PolicyResult::Kind::unknown;
    found.add(kDrainDenied, speaker.name() + ": " + result.reason + ": " + some_of(whom),
              known ? Certainty::looked_up : Certainty::cannot_tell);
  }
}

/// As in deploy/frr, where the route-map is there.
std::vector<std::string> redistribute(const Facts& facts, const Speaker& speaker,
                                      const FrrConfig& config, const std::string& instance,
                                      const std::string& type) {
  const bool connected = facts.frr_config.traits().attachment_announces;
  const std::string map = std::string(connected ? "VIPHERD-ADDRESS" : "VIPHERD") +
                          (speaker.family == Family::ipv4 ? "" : "6");
  if (!has_route_map(config, map)) return {};
  std::vector<std::string> lines{instance};
  if (speaker.protocol == "bgp") {
    lines.push_back(family_section("bgp", speaker.family == Family::ipv4));
    lines.push_back("redistribute " + type + " route-map " + map);
  } else {
    lines.push_back("redistribute " + type + " metric 100 metric-type 1 route-map " + map);
  }
  return configure(facts, lines);
}

void look_at_speaker(const Facts& facts, const Speaker& speaker, Findings& found) {
  const auto config = config_of(facts, speaker.daemon);
  if (!config) return;
  const auto instance = find_instance(*config, speaker.protocol, speaker.vrf);
  if (!instance) {
    found.add(kNoInstance, speaker.name() + " has no \"router " + speaker.protocol + "\"");
    return;
  }
  const std::string type(facts.frr_config.redistributed());
  if (type.empty()) return;
  const auto line = find_words(*config, *instance,
                               family_section(speaker.protocol, speaker.family == Family::ipv4),
                               "redistribute " + type);
  if (!line) {
    found.add(kNoRedistribute, speaker.name() + " has no \"redistribute " + type + "\"").commands =
        redistribute(facts, speaker, *config, *instance, type);
    return;
  }
  const std::string map(word_after(*line, "route-map"));
  if (map.empty()) {
    found.add(kUnfiltered, speaker.name() + ": redistribute " + type + " " + *line);
  } else {
    look_at_map(facts, speaker, FrrPolicy(*config), map, found);
  }
}

}  // namespace

const Topic kPolicyTopic{"What FRR lets through", kPolicyRules};

void look_at_policy(const Facts& facts, Findings& found) {
  if (facts.role == Role::node) {
    for (const Speaker& speaker : speakers_of(facts)) look_at_speaker(facts, speaker, found);
  }
}

}  // namespace vipherd::doctor
