// One connection over several uplinks (docs/several-uplinks.md), where addresses are signalled.
#include "doctor/read/mptcp.hpp"

#include <net/if.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "doctor/rules/findings.hpp"

namespace vipherd::doctor {
namespace {

constexpr Rule kMptcpOff{
    "mptcp-enabled", Severity::problem, Roles::node,
    "Addresses are signalled, but the kernel speaks no MPTCP: clients get TCP, over "
    "one uplink.",
    "net.mptcp.enabled = 1."};
constexpr Rule kVipSignalled{
    "mptcp-vip", Severity::problem, Roles::node,
    "A VIP is signalled to clients: what they open to it may reach another node, which resets it.",
    "Endpoints are the node's own addresses, one for each uplink."};
constexpr Rule kNotOwn{"mptcp-address", Severity::problem, Roles::node,
                       "What clients open to the signalled address does not arrive.",
                       "Endpoints are the node's own addresses, on interfaces that are up."};
constexpr Rule kFewSubflows{
    "mptcp-subflows", Severity::problem, Roles::node,
    "The node takes fewer subflows than it signals addresses: a connection uses some uplinks only.",
    "ip mptcp limits set subflow 8."};
constexpr Rule kNoSourceRule{
    "mptcp-source-rule", Severity::problem, Roles::node,
    "What is sent from the address follows the usual route: several subflows leave by one uplink.",
    "For each uplink a table with its router, and ip rule add from ADDRESS table TABLE."};

constexpr std::array kMptcpRules{&kMptcpOff, &kVipSignalled, &kNotOwn, &kFewSubflows,
                                 &kNoSourceRule};

const Interface* interface_with(const std::vector<Interface>& interfaces,
                                const IpAddress& address) {
  const auto found = std::ranges::find_if(interfaces, [&](const Interface& interface) {
    return std::ranges::any_of(interface.addresses, [&](const InterfaceAddress& one) {
      return one.prefix.address == address;
    });
  });
  return found == interfaces.end() ? nullptr : &*found;
}

void look_at_limits(const Output& limits, const std::vector<IpAddress>& signalled,
                    Findings& found) {
  if (!limits) return found.cannot_tell(kFewSubflows, limits.error().what);
  const auto most = *limits ? read_most_subflows(**limits) : std::nullopt;
  if (!most) return found.cannot_tell(kFewSubflows, "ip shows no limits of MPTCP");
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    const auto count = std::ranges::count(signalled, family, &IpAddress::family);
    if (static_cast<unsigned>(count) <= *most) continue;
    found
        .add(kFewSubflows, std::to_string(count) +
                               " addresses of one family are signalled, and the "
                               "limit of subflows is " +
                               std::to_string(*most))
        .commands = {"ip mptcp limits set subflow 8"};
    return;
  }
}

/// Where addresses of one family lie on several interfaces.
void look_at_source_rules(const Output& rules, Family family,
                          const std::map<IpAddress, std::string>& places, Findings& found) {
  std::set<std::string> interfaces;
  std::vector<IpAddress> addresses;
  for (const auto& [address, interface] : places) {
    if (address.family() != family) continue;
    interfaces.insert(interface);
    addresses.push_back(address);
  }
  if (interfaces.size() < 2) return;
  if (!rules) return found.cannot_tell(kNoSourceRule, rules.error().what);
  const auto sources = read_rule_sources(rules->value_or(""));
  if (!sources) return found.cannot_tell(kNoSourceRule, sources.error().what);
  std::vector<std::string> without;
  for (const IpAddress& address : addresses) {
    const bool has_one = std::ranges::any_of(
        *sources, [&](const IpPrefix& source) { return source.contains(address); });
    if (!has_one) without.push_back(address.to_string());
  }
  if (!without.empty()) found.add(kNoSourceRule, "there is no rule from " + listed(without));
}

}  // namespace

const Topic kMptcpTopic{"MPTCP", kMptcpRules};

void look_at_mptcp(const Facts& facts, Findings& found) {
  const MptcpFacts& mptcp = facts.mptcp;
  if (facts.role != Role::node) return;
  const auto enabled = number_of(facts.kernel.sysctls, "net/mptcp/enabled");
  if (!enabled) return found.cannot_tell(kMptcpOff, enabled.error().what);
  if (!*enabled) return;  // this kernel knows no MPTCP
  if (!mptcp.endpoints) return found.cannot_tell(kNotOwn, mptcp.endpoints.error().what);
  // Without the program, or without any endpoint, nothing is signalled.
  if (!*mptcp.endpoints) return;
  const auto signalled = read_signalled(**mptcp.endpoints);
  if (!signalled) return found.cannot_tell(kNotOwn, signalled.error().what);
  if (signalled->empty()) return;
  if (**enabled == 0) {
    found.add(kMptcpOff, "net.mptcp.enabled = 0").sysctls = {{"net.mptcp.enabled", "1"}};
  }
  look_at_limits(mptcp.limits, *signalled, found);
  if (!facts.kernel.interfaces)
    return found.cannot_tell(kNotOwn, facts.kernel.interfaces.error().what);
  const std::vector<IpAddress> vips = vips_of(facts);
  std::map<IpAddress, std::string> places;
  for (const IpAddress& address : *signalled) {
    if (std::ranges::find(vips, address) != vips.end()) {
      found.add(kVipSignalled, address.to_string() + " is signalled, and a VIP");
      continue;
    }
    const Interface* interface = interface_with(*facts.kernel.interfaces, address);
    if (interface == nullptr) {
      found.add(kNotOwn, address.to_string() + " is signalled, and on no interface");
    } else if ((interface->flags & IFF_UP) == 0) {
      found.add(kNotOwn,
                address.to_string() + " is signalled, and " + interface->name + " is down");
    } else {
      places.emplace(address, interface->name);
    }
  }
  look_at_source_rules(mptcp.rules_v4, Family::ipv4, places, found);
  look_at_source_rules(mptcp.rules_v6, Family::ipv6, places, found);
}

}  // namespace vipherd::doctor
