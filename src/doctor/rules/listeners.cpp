// Whether anybody answers where clients of a VIP connect to, as far as the checks tell where that
// is.
#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "doctor/rules/findings.hpp"

namespace vipherd::doctor {
namespace {

constexpr Rule kNothingListens{
    "service-not-listening", Severity::problem, Roles::node,
    "Nothing listens where the service's check connects to: the service is down.",
    "Start the service, or correct the check."};
constexpr Rule kNotOnVip{
    "service-not-on-vip", Severity::notice, Roles::node,
    "A program listens on the checked port, but neither on the VIP nor on all addresses: unless "
    "the "
    "port "
    "is for checks alone, clients of the VIP are refused while the check passes.",
    "Have the service listen on the VIP (with attach = \"always\") or on all addresses; or check "
    "the VIP "
    "itself (via_vip = true)."};
constexpr Rule kUdpWildcard{"udp-wildcard", Severity::notice, Roles::node,
                            "A UDP server on the wildcard answers from the address that the route "
                            "chooses, not from the VIP, "
                            "unless it takes care of that (IP_PKTINFO): clients drop such answers.",
                            "Have the service listen on each VIP (with attach = \"always\")."};

constexpr std::array kListenerRules{&kNothingListens, &kNotOnVip, &kUdpWildcard};

struct Port {
  bool udp = false;
  std::uint16_t number = 0;
  friend auto operator<=>(const Port&, const Port&) = default;
};
/// With the addresses of this node that are checked there.
using Ports = std::map<Port, std::set<IpAddress>>;

bool is_loopback(const IpAddress& address) {
  static const IpPrefix kLoopback = IpPrefix::parse("127.0.0.0/8").value();
  static const IpAddress kLoopback6 = IpAddress::parse("::1").value();
  return kLoopback.contains(address) || address == kLoopback6;
}

bool is_wildcard(const IpAddress& address) {
  return std::ranges::all_of(address.bytes(), [](std::uint8_t byte) { return byte == 0; });
}

/// Where the service's checks connect to on this node.
Ports ports_of(const model::ServiceConfig& service) {
  Ports ports;
  for (const model::CheckConfig& check : service.checks) {
    std::vector<model::CheckSettings> targets = check.vip_targets;
    if (targets.empty()) targets.push_back(check.settings);
    for (const model::CheckSettings& target : targets) {
      if (!target.target) continue;
      const IpAddress address = target.target->address.unmapped();
      const bool here =
          is_loopback(address) || std::ranges::find(service.vips, address) != service.vips.end();
      if (here) ports[{check.type == "dns", target.target->port}].insert(address);
    }
  }
  return ports;
}

/// The wildcard of IPv6 usually takes IPv4 as well; whether this one does cannot be seen from
/// outside.
bool serves(const Listener& listener, const IpAddress& address) {
  if (listener.address.unmapped() == address) return true;
  if (!is_wildcard(listener.address)) return false;
  return !listener.address.is_v4() || address.is_v4();
}

void look_at_port(const model::ServiceConfig& service, const Port& port,
                  const std::set<IpAddress>& checked, const std::vector<Listener>& listeners,
                  Findings& found) {
  std::vector<const Listener*> here;
  for (const Listener& listener : listeners) {
    if (listener.udp == port.udp && listener.port == port.number) here.push_back(&listener);
  }
  const std::string name =
      std::string(port.udp ? "UDP" : "TCP") + " port " + std::to_string(port.number);
  if (here.empty()) {
    found.add(kNothingListens, "service " + service.name + ": nothing listens on " + name);
    return;
  }
  std::vector<std::string> refused;
  for (const IpAddress& address : checked) {
    const auto serving = [&](const Listener* listener) { return serves(*listener, address); };
    if (std::ranges::none_of(here, serving)) refused.push_back(address.to_string());
  }
  if (!refused.empty()) {
    found.add(kNothingListens, "service " + service.name + ": nothing listens on " + name + " of " +
                                   listed(refused) + ", which is checked");
    return;
  }
  std::vector<std::string> unserved;
  bool wildcard_only = false;
  for (const IpAddress& vip : service.vips) {
    const auto serving = [&](const Listener* listener) { return serves(*listener, vip); };
    const auto exactly = [&](const Listener* listener) {
      return listener->address.unmapped() == vip;
    };
    if (std::ranges::none_of(here, serving)) {
      unserved.push_back(vip.to_string());
    } else if (std::ranges::none_of(here, exactly)) {
      wildcard_only = true;
    }
  }
  if (!unserved.empty()) {
    found.add(
        kNotOnVip,
        "service " + service.name + ": on " + name + " nothing listens for " + listed(unserved),
        Certainty::likely);
  }
  if (port.udp && wildcard_only) {
    found.add(kUdpWildcard,
              "service " + service.name + ": the server on " + name + " listens on all addresses",
              Certainty::likely);
  }
}

}  // namespace

const Topic kListenerTopic{"Services", kListenerRules};

void look_at_listeners(const Facts& facts, Findings& found) {
  if (facts.role != Role::node || !facts.config) return;
  for (const model::ServiceConfig& service : facts.config->services) {
    const auto ports = ports_of(service);
    if (!ports.empty() && !facts.listeners) {
      return found.cannot_tell(kNothingListens, facts.listeners.error().what);
    }
    for (const auto& [port, checked] : ports) {
      look_at_port(service, port, checked, *facts.listeners, found);
    }
  }
}

}  // namespace vipherd::doctor
