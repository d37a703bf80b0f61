#include "doctor/rules/frr_tools.hpp"

#include <algorithm>
#include <set>

#include "vipherd/base/lines.hpp"
#include "vipherd/wire/vty/config.hpp"

namespace vipherd::doctor {
namespace {

bool speaks(const Facts& facts, model::Protocol protocol) {
  const auto& protocols = facts.frr_config.protocols;
  return std::ranges::find(protocols, protocol) != protocols.end();
}

bool is_enabled(const Facts& facts, const std::string& daemon) {
  if (!facts.frr.enabled) return false;
  std::string_view text = *facts.frr.enabled;
  while (!text.empty()) {
    if (trim(cut_line(text)) == daemon + "=yes") return true;
  }
  return false;
}

/// Without a configuration it is assumed that both families are announced.
bool has_vips(const Facts& facts, Family family, const std::string* vrf) {
  if (!facts.config) return vrf == nullptr || vrf->empty();
  return std::ranges::any_of(facts.config->services, [&](const model::ServiceConfig& service) {
    if (vrf != nullptr && service.vrf != *vrf) return false;
    return std::ranges::any_of(service.vips,
                               [&](const IpAddress& vip) { return vip.family() == family; });
  });
}

std::set<std::string> vrfs_of(const Facts& facts) {
  if (!facts.config) return {""};
  std::set<std::string> vrfs;
  for (const model::ServiceConfig& service : facts.config->services) vrfs.insert(service.vrf);
  return vrfs;
}

}  // namespace

const DaemonFacts* daemon_of(const Facts& facts, std::string_view daemon) {
  const auto found = facts.frr.daemons.find(daemon);
  return found == facts.frr.daemons.end() ? nullptr : &found->second;
}

std::vector<std::string> needed_daemons(const Facts& facts) {
  std::vector<std::string> needed{"zebra"};
  for (const char* daemon : {"bgpd", "ospfd", "ospf6d"}) {
    const DaemonFacts* state = daemon_of(facts, daemon);
    const bool bgp = daemon == std::string_view("bgpd");
    const Family family = daemon == std::string_view("ospf6d") ? Family::ipv6 : Family::ipv4;
    const bool wanted = facts.role == Role::router
                            ? is_enabled(facts, daemon) || (state != nullptr && state->running)
                            : speaks(facts, bgp ? model::Protocol::bgp : model::Protocol::ospf) &&
                                  (bgp || has_vips(facts, family, nullptr));
    if (wanted) needed.emplace_back(daemon);
  }
  return needed;
}

std::string Speaker::name() const {
  std::string text = daemon;
  if (protocol == "bgp") text += family == Family::ipv4 ? " for IPv4" : " for IPv6";
  if (!vrf.empty()) text += " in VRF " + vrf;
  return text;
}

std::vector<Speaker> speakers_of(const Facts& facts) {
  std::vector<Speaker> speakers;
  const auto daemons = needed_daemons(facts);
  const auto needed = [&](const char* daemon) {
    return std::ranges::find(daemons, daemon) != daemons.end();
  };
  for (const std::string& vrf : vrfs_of(facts)) {
    for (const Family family : {Family::ipv4, Family::ipv6}) {
      if (facts.role == Role::node && !has_vips(facts, family, &vrf)) continue;
      const bool ipv4 = family == Family::ipv4;
      const char* ospf = ipv4 ? "ospfd" : "ospf6d";
      if (needed("bgpd")) speakers.push_back({"bgpd", "bgp", family, vrf});
      if (needed(ospf)) speakers.push_back({ospf, ipv4 ? "ospf" : "ospf6", family, vrf});
    }
  }
  return speakers;
}

std::vector<AnnouncedVip> vips_of(const Facts& facts, const Speaker& speaker) {
  std::vector<AnnouncedVip> vips;
  if (!facts.config) return vips;
  for (const model::ServiceConfig& service : facts.config->services) {
    if (service.vrf != speaker.vrf) continue;
    const bool weighed = service.weighting == model::Weighting::bandwidth;
    for (const IpAddress& vip : service.vips) {
      if (vip.family() != speaker.family) continue;
      // Of weights the tag of 100 %, tag + 10, stands for all.
      const std::uint32_t tag = service.route_of(vip).tag + (weighed ? 10 : 0);
      vips.push_back({vip, tag, service.drain.route.tag});
    }
  }
  return vips;
}

std::string some_of(const std::vector<std::string>& names) {
  constexpr std::size_t kMost = 3;
  if (names.size() <= kMost) return listed(names);
  return names[0] + ", " + names[1] + " and " + std::to_string(names.size() - 2) + " more";
}

std::optional<FrrConfig> config_of(const Facts& facts, std::string_view daemon) {
  const DaemonFacts* state = daemon_of(facts, daemon);
  if (state == nullptr || !state->running) return std::nullopt;
  return parse_frr_config(*state->running);
}

std::string save_command(const Facts& facts) {
  const bool writes_there = facts.role == Role::node && facts.frr_config.traits().writes_lines;
  const bool clean = std::ranges::all_of(facts.frr.daemons, [](const auto& one) {
    const DaemonFacts& daemon = one.second;
    return daemon.running ? !wire::vty::has_own_lines(*daemon.running) : daemon.absent;
  });
  if (clean && !writes_there) return "vtysh -c 'write memory'";
  return "# and by hand in /etc/frr/frr.conf: not write memory, which saves vipherd's own lines";
}

std::vector<std::string> configure(const Facts& facts, const std::vector<std::string>& lines) {
  return {vtysh(lines), save_command(facts)};
}

}  // namespace vipherd::doctor
