// Addresses of the node's interfaces: VIPs that other programs added, and NICs that answer for each
// other.
#include <algorithm>
#include <array>
#include <map>

#include "doctor/read/kernel_version.hpp"
#include "doctor/rules/findings.hpp"

namespace vipherd::doctor {
namespace {

constexpr Rule kShadowed{"vip-on-interface", Severity::problem, Roles::node,
                         "A connected route beats vipherd's in zebra: the VIP is not announced, or "
                         "announced whatever the "
                         "checks say.",
                         "Remove the address, and whatever puts it back at the next boot."};
constexpr Rule kStray{"pool-address", Severity::notice, Roles::node,
                      "An address of the pool that belongs to no service was left over: it answers "
                      "here, and where FRR "
                      "redistributes connected routes it is announced.",
                      "Remove the address, or add it to a service."};
constexpr Rule kStrayAnnounced{"pool-address-announced", Severity::problem, Roles::node,
                               "With announcer = \"connected\" FRR announces every address of the "
                               "pool on lo: this one belongs to "
                               "no service, so no check withdraws it.",
                               "Remove the address, or add it to a service."};
constexpr Rule kInSubnet{"vip-in-subnet", Severity::notice, Roles::node,
                         "Routers follow the route to the VIP, but hosts of that subnet ask by ARP "
                         "or neighbour discovery: "
                         "they reach any host that answers, or none.",
                         "Take VIPs from a prefix of their own."};
constexpr Rule kArpFlux{
    "arp-flux", Severity::problem, Roles::node,
    "Several NICs are in one subnet, and any of them answers ARP for the address of another: one "
    "NIC "
    "gets all the traffic, and strict filters drop it.",
    "Let each NIC answer for its own address only: arp_ignore = 1 and arp_announce = 2."};
constexpr Rule kKeepAddress{
    "keep-addr-on-down", Severity::notice, Roles::node,
    "The kernel removes an interface's IPv6 addresses when it is set down, which IPv4's survive: "
    "sessions over IPv6 do not come back when it is set up again.",
    "Keep them: net.ipv6.conf.INTERFACE.keep_addr_on_down = 1."};

constexpr std::array kAddressRules{&kShadowed, &kStray,   &kStrayAnnounced,
                                   &kInSubnet, &kArpFlux, &kKeepAddress};

/// From here on the kernel keeps whose an address is (IFA_PROTO).
constexpr KernelVersion kKeepsProtocol{5, 18};

enum class Owner { ours, foreign, unknown };

Owner owner_of(const Facts& facts, const Interface& interface, const InterfaceAddress& address) {
  if (!facts.config->frr.traits().attaches_by_address) return Owner::foreign;
  if (!is_virtual(interface)) return Owner::foreign;
  const int protocol = facts.config->vips.route_protocol;
  if (address.protocol == protocol) return Owner::ours;
  if (address.label == interface.name + ":vh" + std::to_string(protocol)) return Owner::ours;
  const auto version = facts.kernel.release ? parse_kernel_version(*facts.kernel.release)
                                            : std::optional<KernelVersion>();
  const bool tells = version && *version >= kKeepsProtocol;
  return tells || address.prefix.address.is_v4() ? Owner::foreign : Owner::unknown;
}

std::string remove_command(const Interface& interface, const InterfaceAddress& address) {
  return "ip address del " + address.prefix.to_string() + " dev " + shell_word(interface.name);
}

void look_at_pool(const Facts& facts, const Interface& interface, const InterfaceAddress& address,
                  const std::vector<IpAddress>& vips, Findings& found) {
  const model::Config& config = *facts.config;
  const bool in_pool = std::ranges::any_of(config.vips.pool, [&](const IpPrefix& prefix) {
    return prefix.contains(address.prefix.address);
  });
  if (!in_pool) return;
  const std::string where = address.prefix.to_string() + " is an address of " + interface.name;
  if (!std::ranges::binary_search(vips, address.prefix.address)) {
    if (!is_virtual(interface)) return;  // the subnet's own
    const bool announced = config.frr.traits().attachment_announces;
    found.add(announced ? kStrayAnnounced : kStray, where + " and no VIP of a service").commands = {
        remove_command(interface, address)};
    return;
  }
  switch (owner_of(facts, interface, address)) {
    case Owner::ours:
      return;
    case Owner::foreign:
      found.add(kShadowed, where + ", added by another program").commands = {
          remove_command(interface, address)};
      return;
    case Owner::unknown:
      return found.cannot_tell(kShadowed, where + ", and this kernel does not keep who added it");
  }
}

void look_at_subnets(const std::vector<IpAddress>& vips, const std::vector<Interface>& interfaces,
                     Findings& found) {
  const auto links = uplinks(interfaces);
  for (const IpAddress& vip : vips) {
    for (const Interface* uplink : links) {
      for (const InterfaceAddress& address : uplink->addresses) {
        if (address.prefix.address == vip || !address.prefix.contains(vip)) continue;
        found.add(kInSubnet, "VIP " + vip.to_string() + " lies in the subnet of " +
                                 address.prefix.to_string() + " on " + uplink->name);
      }
    }
  }
}

/// The interfaces with an IPv4 address in the same subnet as another's, of one VRF each.
std::vector<std::vector<const Interface*>> crowds(const std::vector<Interface>& interfaces) {
  std::vector<std::vector<const Interface*>> found;
  const auto links = uplinks(interfaces);
  for (const Interface* one : links) {
    for (const InterfaceAddress& address : one->addresses) {
      if (!address.prefix.address.is_v4() || address.prefix.is_host_route()) continue;
      std::vector<const Interface*> crowd;
      for (const Interface* other : links) {
        if (other->vrf != one->vrf) continue;
        const bool same = std::ranges::any_of(other->addresses, [&](const InterfaceAddress& its) {
          return its.prefix.length == address.prefix.length &&
                 address.prefix.contains(its.prefix.address);
        });
        if (same) crowd.push_back(other);
      }
      if (crowd.size() > 1 && std::ranges::find(found, crowd) == found.end()) {
        found.push_back(crowd);
      }
    }
  }
  return found;
}

void look_at_arp(const KernelFacts& kernel, Findings& found) {
  for (const auto& crowd : crowds(*kernel.interfaces)) {
    std::vector<std::string> names;
    std::vector<std::string> loose;
    for (const Interface* interface : crowd) {
      names.push_back(interface->name);
      const auto ignore = effective(kernel.sysctls, "net/ipv4/conf/%/arp_ignore", interface->name);
      const auto announce =
          effective(kernel.sysctls, "net/ipv4/conf/%/arp_announce", interface->name);
      if (!ignore || !announce) {
        found.cannot_tell(kArpFlux, !ignore ? ignore.error().what : announce.error().what);
        return;
      }
      if (*ignore < 1 || *announce < 2) {
        loose.push_back(interface->name + " (arp_ignore " + std::to_string(*ignore) +
                        ", arp_announce " + std::to_string(*announce) + ")");
      }
    }
    if (loose.empty()) continue;
    found
        .add(kArpFlux, listed(names) +
                           " are in one subnet; not set to answer for themselves: " + listed(loose))
        .sysctls = {{"net.ipv4.conf.all.arp_ignore", "1"}, {"net.ipv4.conf.all.arp_announce", "2"}};
  }
}

/// addrconf_ifdown() of the kernel: what `all` says counts, unless it is 0.
Result<bool> keeps_addresses(const Sysctls& sysctls, const std::string& interface) {
  for (const std::string& scope : {std::string("all"), interface}) {
    const auto keeps = number_of(sysctls, "net/ipv6/conf/" + scope + "/keep_addr_on_down");
    if (!keeps) return keeps.error();
    if (!*keeps) return true;  // no IPv6 there
    if (**keeps != 0) return **keeps > 0;
  }
  return false;
}

void look_at_ipv6(const KernelFacts& kernel, Findings& found) {
  static const IpPrefix kLinkLocal = IpPrefix::parse("fe80::/10").value();
  std::vector<std::string> settings;
  std::vector<std::pair<std::string, std::string>> better;
  for (const Interface* uplink : uplinks(*kernel.interfaces)) {
    const bool has_v6 = std::ranges::any_of(uplink->addresses, [](const InterfaceAddress& address) {
      return !address.prefix.address.is_v4() && !kLinkLocal.contains(address.prefix.address);
    });
    if (!has_v6) continue;
    const auto keeps = keeps_addresses(kernel.sysctls, uplink->name);
    if (!keeps) return found.cannot_tell(kKeepAddress, keeps.error().what);
    if (*keeps) continue;
    const std::string name = sysctl_name("net/ipv6/conf/" + uplink->name + "/keep_addr_on_down");
    settings.push_back(name + " = 0");
    better.emplace_back(name, "1");
  }
  if (!settings.empty()) found.add(kKeepAddress, listed(settings)).sysctls = better;
}

}  // namespace

const Topic kAddressTopic{"Addresses", kAddressRules};

void look_at_addresses(const Facts& facts, Findings& found) {
  if (facts.role != Role::node) return;
  if (!facts.kernel.interfaces) {
    const std::string& why = facts.kernel.interfaces.error().what;
    for (const Rule* rule : {&kShadowed, &kInSubnet, &kArpFlux, &kKeepAddress}) {
      found.cannot_tell(*rule, why);
    }
    return;
  }
  if (facts.config) {
    const auto vips = vips_of(facts);  // sorted
    for (const Interface& interface : *facts.kernel.interfaces) {
      for (const InterfaceAddress& address : interface.addresses) {
        look_at_pool(facts, interface, address, vips, found);
      }
    }
    look_at_subnets(vips, *facts.kernel.interfaces, found);
  }
  look_at_arp(facts.kernel, found);
  look_at_ipv6(facts.kernel, found);
}

}  // namespace vipherd::doctor
