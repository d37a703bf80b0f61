// The router ids by which FRR's daemons are known.
#include <algorithm>
#include <array>

#include "doctor/rules/frr_tools.hpp"
#include "vipherd/wire/vty/ospf.hpp"

namespace vipherd::doctor {
namespace {

constexpr Rule kIsVip{"router-id-is-vip", Severity::problem, Roles::node,
                      "Nodes with the same VIP get the same router id, of which OSPF keeps one "
                      "next hop; and it changes "
                      "when the VIP does.",
                      "Configure the node's own address as router id of each daemon."};
constexpr Rule kNotConfigured{"router-id-not-configured", Severity::notice, Roles::both,
                              "FRR takes the highest address of lo, or of all interfaces, for one: "
                              "it changes when addresses do, "
                              "and may be a VIP at the next start.",
                              "Configure the node's own address as router id of each daemon."};
constexpr Rule kTwice{"router-id-twice", Severity::problem, Roles::both,
                      "Another router on the same link has this router id: what one announces "
                      "replaces the other's, and "
                      "routers keep one next hop for both.",
                      "Give each router its own, then `clear ip ospf process`."};

constexpr std::array kRouterIdRules{&kIsVip, &kNotConfigured, &kTwice};

std::string statement_of(const std::string& protocol) { return protocol + " router-id"; }

bool is_configured(const Facts& facts, const Speaker& speaker, const std::string& instance) {
  const auto config = config_of(facts, speaker.daemon);
  if (config && find_words(*config, instance, "", statement_of(speaker.protocol))) return true;
  const auto zebra = config_of(facts, "zebra");
  // In zebra for all of them; without its configuration nothing is claimed.
  const std::string vrf = "vrf " + speaker.vrf;
  for (const char* words : {"ip router-id", "router-id"}) {
    if (!zebra || (speaker.vrf.empty() ? find_words(*zebra, words).has_value()
                                       : find_words(*zebra, vrf, "", words).has_value())) {
      return true;
    }
  }
  return false;
}

/// An IPv4 address of an uplink in the speaker's VRF, as deploy/frr has it, and no VIP.
std::optional<IpAddress> own_address(const Facts& facts, const std::string& vrf) {
  if (!facts.kernel.interfaces) return std::nullopt;
  const auto vips = vips_of(facts);
  for (const Interface* uplink : uplinks(*facts.kernel.interfaces)) {
    if (uplink->vrf != vrf) continue;
    for (const InterfaceAddress& address : uplink->addresses) {
      const IpAddress& own = address.prefix.address;
      if (own.is_v4() && !std::ranges::binary_search(vips, own)) return own;
    }
  }
  return std::nullopt;
}

std::vector<std::string> set_command(const Facts& facts, const Speaker& speaker,
                                     const std::string& instance,
                                     const std::optional<IpAddress>& id) {
  if (!id) return {};
  return configure(facts, {instance, statement_of(speaker.protocol) + " " + id->to_string()});
}

/// Away from a VIP.
std::vector<std::string> change_command(const Facts& facts, const Speaker& speaker,
                                        const std::string& instance) {
  auto commands = set_command(facts, speaker, instance, own_address(facts, speaker.vrf));
  if (commands.empty()) return commands;
  // Only a daemon of OSPF goes on using the old one. ospfd can be told of all its VRFs at once
  // only.
  const std::string vrf = speaker.vrf.empty() ? "" : " vrf " + speaker.vrf;
  if (speaker.protocol == "ospf") commands.emplace_back("vtysh -c 'clear ip ospf process'");
  if (speaker.protocol == "ospf6") {
    commands.push_back("vtysh -c " + shell_word("clear ipv6 ospf6 process" + vrf));
  }
  return commands;
}

void look_at_doubles(const Facts& facts, const Speaker& speaker, const IpAddress& own,
                     Findings& found) {
  const DaemonFacts* daemon = daemon_of(facts, speaker.daemon);
  const auto told = daemon->network_lsas.find(speaker.vrf);
  if (told == daemon->network_lsas.end()) return;
  const auto lsas = told->second ? wire::vty::parse_ospf_topology(*told->second)
                                 : Result<wire::vty::OspfTopology>(told->second.error());
  if (!lsas) return found.cannot_tell(kTwice, speaker.name() + ": " + lsas.error().what);
  for (const wire::vty::TopologyLsa& lsa : lsas->lsas) {
    if (lsa.network && std::ranges::count(lsa.routers, own) > 1) {
      found.add(kTwice,
                speaker.name() + ": designated router " + lsa.router.to_string() + " names " +
                    own.to_string() + " twice on its link",
                Certainty::likely);
    }
  }
}

}  // namespace

const Topic kRouterIdTopic{"Router ids", kRouterIdRules};

void look_at_router_ids(const Facts& facts, Findings& found) {
  const auto vips = vips_of(facts);
  std::vector<std::string> seen;  // an instance of BGP has two families
  for (const Speaker& speaker : speakers_of(facts)) {
    const auto config = config_of(facts, speaker.daemon);
    const auto instance =
        config ? find_instance(*config, speaker.protocol, speaker.vrf) : std::nullopt;
    if (!instance || std::ranges::find(seen, *instance) != seen.end()) continue;
    seen.push_back(*instance);
    const std::string where =
        speaker.daemon + (speaker.vrf.empty() ? "" : " in VRF " + speaker.vrf);
    const DaemonFacts* daemon = daemon_of(facts, speaker.daemon);
    const auto used = daemon->router_ids.find(speaker.vrf);
    const bool known = used != daemon->router_ids.end() && used->second;
    if (!known && used != daemon->router_ids.end()) {
      found.cannot_tell(kIsVip, where + ": " + used->second.error().what);
    }
    if (known && std::ranges::binary_search(vips, *used->second)) {
      found.add(kIsVip, where + " uses " + used->second->to_string()).commands =
          change_command(facts, speaker, *instance);
    } else if (!is_configured(facts, speaker, *instance)) {
      // The id in use, so that nothing changes and no session is lost.
      const auto id = known ? std::optional(*used->second) : own_address(facts, speaker.vrf);
      found
          .add(kNotConfigured, where + ": " + *instance + " has no router id" +
                                   (known ? ", and uses " + used->second->to_string() : ""))
          .commands = set_command(facts, speaker, *instance, id);
    }
    if (known) look_at_doubles(facts, speaker, *used->second, found);
  }
}

}  // namespace vipherd::doctor
