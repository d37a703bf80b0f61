// What the relay needs of the host, where one is configured.
#include <net/if.h>

#include <algorithm>
#include <array>
#include <set>

#include "doctor/read/kernel_version.hpp"
#include "doctor/read/nftables.hpp"
#include "doctor/rules/findings.hpp"

namespace vipherd::doctor {
namespace {

constexpr Rule kOldKernel{
    "relay-kernel", Severity::problem, Roles::node,
    "The relay's programs do not load: connections that routers move to this node are reset.",
    "A kernel of 6.1 or later, or no [relay] on this node."};
constexpr Rule kNoRights{"relay-rights", Severity::problem, Roles::node,
                         "The kernel refuses the relay's programs: connections that routers move "
                         "to this node are reset.",
                         "The drop-in relay.conf for the unit, then systemctl daemon-reload and "
                         "systemctl restart vipherd."};
constexpr Rule kNotListed{
    "relay-own-address", Severity::problem, Roles::node,
    "The node finds itself not, or not clearly, among relay.siblings: its relay does not begin.",
    "The same list on all nodes, with one address of each node and family."};
constexpr Rule kNoUplink{
    "relay-interface", Severity::problem, Roles::node,
    "Packets that come in there are not looked at: connections that routers move to this node by "
    "it "
    "are reset.",
    "The names of interfaces that are up in relay.interfaces, or no such key: then it is all that "
    "are."};
constexpr Rule kSmallMtu{
    "relay-mtu", Severity::notice, Roles::node,
    "IPv6 has to get through in packets of 1280 bytes, which do not fit there with the relay's "
    "outer "
    "headers (56 bytes): the largest segments of a moved connection are reset.",
    "An MTU of at least 1336 between the nodes."};

constexpr Rule kNotBuilt{"relay-build", Severity::problem, Roles::node,
                         "This vipherd was built without the relay: connections that routers move "
                         "to this node are reset.",
                         "A build with VIPHERD_RELAY=ON, such as the Debian package."};
constexpr Rule kKey{"relay-key", Severity::problem, Roles::node,
                    "Without its key the relay does not begin, or goes on with the one before.",
                    "The same file on all nodes, readable for the agent's user: chgrp frr and "
                    "chmod 640."};
constexpr Rule kOpenKey{
    "relay-key-mode", Severity::problem, Roles::node,
    "Every user of this host can read the key, and make a dead node look alive.", "chmod o-rwx."};
constexpr Rule kFailed{"relay-state", Severity::problem, Roles::node,
                       "The relay does not work: connections that routers move to this node are "
                       "reset.",
                       "What the reason says; vipherd status shows when it works again."};
constexpr Rule kSibling{
    "relay-sibling", Severity::notice, Roles::node,
    "Connections that routers move between this node and that one are reset.",
    "An agent with the same [relay] on that node, and between the nodes UDP from and to the "
    "relay's port and the one after it."};
constexpr Rule kFirewall{
    "relay-firewall", Severity::problem, Roles::node,
    "Siblings' heartbeats do not get through: each takes the other for dead.",
    "A rule that accepts UDP to the port after relay.port (6512) from the siblings."};

constexpr std::array kRelayRules{&kNotBuilt, &kOldKernel, &kNoRights, &kKey,
                                 &kOpenKey,  &kNotListed, &kNoUplink, &kSmallMtu,
                                 &kFailed,   &kSibling,   &kFirewall};

constexpr KernelVersion kRelayFrom{6, 1};
/// Its verifier is content with less.
constexpr KernelVersion kWithoutPerfmonFrom{6, 8};
// linux/capability.h
constexpr int kCapPerfmon = 38;
constexpr int kCapBpf = 39;
constexpr std::uint32_t kLeastMtuForV6 = 1280 + 56;
constexpr std::uint32_t kReadableByAll = 0004;

bool has_capability(const UnitFacts& unit, int capability) {
  return (unit.ambient_capabilities >> capability & 1U) != 0;
}

void look_at_relay_rights(const Facts& facts, std::optional<KernelVersion> kernel,
                          Findings& found) {
  // Without systemd the program that starts the agent decides.
  if (!facts.agent.systemd) return;
  if (!facts.agent.unit) return found.cannot_tell(kNoRights, facts.agent.unit.error().what);
  const UnitFacts& unit = *facts.agent.unit;
  if (unit.load_state != "loaded" || unit.user.empty() || unit.user == "root") return;
  std::vector<std::string> missing;
  if (!has_capability(unit, kCapBpf)) missing.emplace_back("CAP_BPF");
  const bool wants_perfmon = !kernel || *kernel < kWithoutPerfmonFrom;
  if (wants_perfmon && !has_capability(unit, kCapPerfmon)) missing.emplace_back("CAP_PERFMON");
  if (missing.empty()) return;
  found.add(kNoRights, "vipherd.service, user " + unit.user + ", is without " + listed(missing));
}

void look_at_own_address(const model::RelayConfig& relay, const std::vector<Interface>& interfaces,
                         Findings& found) {
  std::set<IpAddress> own;
  for (const Interface& interface : interfaces) {
    for (const InterfaceAddress& one : interface.addresses) {
      if (std::ranges::find(relay.siblings, one.prefix.address) != relay.siblings.end()) {
        own.insert(one.prefix.address);
      }
    }
  }
  if (own.empty())
    return static_cast<void>(
        found.add(kNotListed, "none of relay.siblings is an address of this node"));
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    std::vector<std::string> of_family;
    for (const IpAddress& address : own) {
      if (address.family() == family) of_family.push_back(address.to_string());
    }
    if (of_family.size() > 1) {
      found.add(kNotListed, listed(of_family) + " are both addresses of this node");
    }
  }
}

void look_at_relay_interfaces(const model::RelayConfig& relay,
                              const std::vector<Interface>& interfaces, Findings& found) {
  for (const std::string& name : relay.interfaces) {
    const auto interface = std::ranges::find(interfaces, name, &Interface::name);
    if (interface == interfaces.end()) {
      found.add(kNoUplink, "there is no interface " + name);
    } else if ((interface->flags & IFF_UP) == 0) {
      found.add(kNoUplink, name + " is down");
    }
  }
}

/// The uplinks on which an own address of the siblings lies: there packets are passed on.
void look_at_relay_mtu(const model::RelayConfig& relay, const std::vector<Interface>& interfaces,
                       Findings& found) {
  for (const Interface& interface : interfaces) {
    const bool is_way = std::ranges::any_of(interface.addresses, [&](const InterfaceAddress& one) {
      return !one.prefix.address.is_v4() &&
             std::ranges::find(relay.siblings, one.prefix.address) != relay.siblings.end();
    });
    if (!is_way || is_virtual(interface) || interface.mtu == 0 || interface.mtu >= kLeastMtuForV6)
      continue;
    found.add(kSmallMtu, interface.name + " has an MTU of " + std::to_string(interface.mtu));
  }
}

void look_at_key(const RelayFacts& relay, const std::string& path, Findings& found) {
  if (path.empty()) return;
  if (!relay.key) {
    found.cannot_tell(kKey, relay.key.error().what);
  } else if (*relay.key) {
    found.add(kKey, **relay.key);
  }
  if (relay.key_mode && (*relay.key_mode & kReadableByAll) != 0) {
    found.add(kOpenKey, path + " is readable for all").commands = {"chmod o-rwx " +
                                                                   shell_word(path)};
  }
}

/// Families of which no sibling is heard at all: where one is, this host lets heartbeats in.
std::set<Family> unheard(const std::vector<model::SiblingStatus>& siblings) {
  std::set<Family> families, heard;
  for (const model::SiblingStatus& sibling : siblings) {
    const auto address = IpAddress::parse(sibling.address);
    if (!address) continue;
    const Family family = address->family();
    families.insert(family);
    const bool is_dumb = sibling.state.state == model::SiblingState::silent &&
                         sibling.state.reason == model::kNoHeartbeat;
    if (!is_dumb) heard.insert(family);
  }
  for (const Family family : heard) families.erase(family);
  return families;
}

void look_for_firewall(const Output& nftables, Family family, std::uint16_t port, bool is_silent,
                       Findings& found) {
  if (!nftables) return found.cannot_tell(kFirewall, nftables.error().what);
  // Without the program there may be rules all the same (iptables-legacy), which is rare.
  if (!*nftables) return;
  const auto closed = closed_to_port(**nftables, family, port);
  if (!closed) return found.cannot_tell(kFirewall, closed.error().what);
  if (!*closed) return;
  const std::string seen = **closed + " drops what no rule accepts, and none names port " +
                           std::to_string(port) + " of UDP";
  found.add(kFirewall, seen, is_silent ? Certainty::likely : Certainty::cannot_tell);
}

void look_at_siblings(const RelayFacts& relay, std::uint16_t port, Findings& found) {
  const auto heartbeats = static_cast<std::uint16_t>(port + 1);
  if (!relay.status) {
    found.cannot_tell(kSibling, relay.status.error().what);
    return look_for_firewall(relay.nftables, Family::ipv4, heartbeats, false, found);
  }
  const model::RelayStatus& status = *relay.status;
  if (status.state.state != model::RelayState::working) {
    found.add(kFailed, status.state.reason);
    return;
  }
  for (const model::SiblingStatus& sibling : status.siblings) {
    if (sibling.state.state != model::SiblingState::silent) continue;
    found.add(kSibling, sibling.address + " is silent: " + sibling.state.reason);
  }
  for (const Family family : unheard(status.siblings)) {
    look_for_firewall(relay.nftables, family, heartbeats, true, found);
  }
}

}  // namespace

const Topic kRelayTopic{"The relay", kRelayRules};

void look_at_relay(const Facts& facts, Findings& found) {
  if (facts.role != Role::node || !facts.config || !facts.config->relay) return;
  const model::RelayConfig& relay = *facts.config->relay;
  if (!facts.relay.built_in) {
    found.add(kNotBuilt, "[relay] is configured");
    return;
  }
  std::optional<KernelVersion> kernel;
  if (facts.kernel.release) kernel = parse_kernel_version(*facts.kernel.release);
  if (!kernel) {
    found.cannot_tell(kOldKernel, "the kernel's release is not known");
  } else if (*kernel < kRelayFrom) {
    found.add(kOldKernel, "Linux " + *facts.kernel.release);
  }
  look_at_relay_rights(facts, kernel, found);
  look_at_key(facts.relay, relay.key_file, found);
  look_at_siblings(facts.relay, relay.port, found);
  if (!facts.kernel.interfaces) {
    return found.cannot_tell(kNotListed, facts.kernel.interfaces.error().what);
  }
  look_at_own_address(relay, *facts.kernel.interfaces, found);
  look_at_relay_interfaces(relay, *facts.kernel.interfaces, found);
  look_at_relay_mtu(relay, *facts.kernel.interfaces, found);
}

}  // namespace vipherd::doctor
