// Whether, and by what, this kernel divides connections among equal next hops.
#include <array>

#include "doctor/read/kernel_version.hpp"
#include "doctor/rules/findings.hpp"

namespace vipherd::doctor {
namespace {

constexpr Rule kKernelV4{
    "kernel-ecmp-ipv4", Severity::problem, Roles::router,
    "Kernels before 4.4 choose a next hop for each packet (3.6 to 4.3), or as long as a route "
    "stays "
    "cached (before 3.6): packets of one TCP connection reach several nodes, and it breaks.",
    "Run a kernel of 4.12 or newer."};
constexpr Rule kKernelV6{
    "kernel-ecmp-ipv6", Severity::problem, Roles::router,
    "Kernels before 3.8 have one next hop for an IPv6 route: one node gets everything.",
    "Run a kernel of 4.17 or newer."};
constexpr Rule kNotBuiltIn{
    "kernel-multipath", Severity::problem, Roles::router,
    "Without CONFIG_IP_ROUTE_MULTIPATH the kernel uses one of several next hops: one node gets "
    "everything.",
    "Run a kernel that is built with it, as those of all distributions are."};
constexpr Rule kHashV4{
    "ecmp-hash-ipv4", Severity::problem, Roles::router,
    "The router hashes IPv4 by the two addresses only: all connections of one client, or of all "
    "clients behind one NAT address, reach the same node.",
    "Hash by ports as well: net.ipv4.fib_multipath_hash_policy = 1 (kernel 4.12 and newer)."};
constexpr Rule kHashV6{
    "ecmp-hash-ipv6", Severity::problem, Roles::router,
    "The router hashes IPv6 by addresses and the flow label: clients that set none reach one node "
    "each, and so do all connections that this router makes itself.",
    "Hash by ports as well: net.ipv6.fib_multipath_hash_policy = 1 (kernel 4.17 and newer)."};
constexpr Rule kNodeHash{
    "node-hash", Severity::notice, Roles::node,
    "The node has several uplinks and hashes by addresses only: all answers to one client leave "
    "over one of them.",
    "Install deploy/sysctl.d/60-vipherd.conf."};
constexpr Rule kIcmpV6{
    "icmp-errors-ipv6", Severity::problem, Roles::router,
    "Kernels before 4.14 send an ICMPv6 error to another node than the connection that it is "
    "about: "
    "path MTU discovery fails, and large answers never arrive.",
    "Run a kernel of 4.17 or newer; until then set net.ipv4.tcp_mtu_probing = 1 on the nodes."};
constexpr Rule kIcmpByPorts{
    "icmp-errors-by-ports", Severity::notice, Roles::router,
    "An ICMP error has no ports of its own: a router that hashes by ports may send it to another "
    "node than the connection it is about, which then misses that its packets are too big.",
    "Nothing here: set net.ipv4.tcp_mtu_probing = 1 on the nodes (for both families)."};
constexpr Rule kNeighbour{"ecmp-dead-next-hop", Severity::notice, Roles::router,
                          "The kernel goes on using a next hop that answers no ARP; it is the "
                          "routing protocol alone that "
                          "takes it away.",
                          "Let IPv4 look as well: net.ipv4.fib_multipath_use_neigh = 1."};

constexpr std::array kEcmpRules{&kKernelV4, &kKernelV6, &kNotBuiltIn,  &kHashV4,   &kHashV6,
                                &kNodeHash, &kIcmpV6,   &kIcmpByPorts, &kNeighbour};

struct HashSettings {
  std::string_view policy;
  std::string_view fields;  ///< from kernel 5.12 on
};
constexpr HashSettings kHashSettingsV4{"net/ipv4/fib_multipath_hash_policy",
                                       "net/ipv4/fib_multipath_hash_fields"};
constexpr HashSettings kHashSettingsV6{"net/ipv6/fib_multipath_hash_policy",
                                       "net/ipv6/fib_multipath_hash_fields"};
constexpr std::string_view kUseNeighbour = "net/ipv4/fib_multipath_use_neigh";

// Documentation/networking/ip-sysctl.rst. With policy 2 the addresses count, of a tunnel the inner.
constexpr long kByPorts = 1;
constexpr long kByFields = 3;
constexpr long kSourcePort = 0x10;
constexpr long kDestinationPort = 0x20;

std::string setting(std::string_view key, long value) {
  return sysctl_name(key) + " = " + std::to_string(value);
}

/// False if the kernel is too old for what follows to matter.
bool look_at_version(const KernelFacts& kernel, Findings& found) {
  const auto version =
      kernel.release ? parse_kernel_version(*kernel.release) : std::optional<KernelVersion>();
  if (!version) {
    const std::string why = kernel.release ? "the kernel's release is \"" + *kernel.release + "\""
                                           : kernel.release.error().what;
    found.cannot_tell(kKernelV4, why);
    found.cannot_tell(kKernelV6, why);
    return true;  // the settings tell by themselves
  }
  const std::string seen = "the kernel is " + *kernel.release;
  if (*version < kFlowHashV4) found.add(kKernelV4, seen);
  if (*version < kMultipathV6) found.add(kKernelV6, seen);
  if (*version >= kMultipathV6 && *version < kIcmpFollowsV6) found.add(kIcmpV6, seen);
  return *version >= kFlowHashV4;
}

/// The settings of IPv4 exist exactly where the kernel was built so (net/ipv4/sysctl_net_ipv4.c).
void look_at_build(const KernelFacts& kernel, Findings& found) {
  const auto neighbour = number_of(kernel.sysctls, kUseNeighbour);
  if (neighbour && *neighbour) return;
  if (kernel.multipath_built_in && *kernel.multipath_built_in) {
    if (!**kernel.multipath_built_in) {
      found.add(kNotBuiltIn, "CONFIG_IP_ROUTE_MULTIPATH is not set in the kernel's configuration");
    }
    return;
  }
  const auto version =
      kernel.release ? parse_kernel_version(*kernel.release) : std::optional<KernelVersion>();
  if (neighbour && version && *version >= kUseNeighbourV4) {
    found.add(kNotBuiltIn, "this kernel has no " + sysctl_name(kUseNeighbour));
    return;
  }
  found.cannot_tell(kNotBuiltIn, !neighbour ? neighbour.error().what
                                            : "the kernel's configuration is not in /boot");
}

struct Hash {
  bool by_port = false;  ///< by one of those that were asked for
  std::string settings;  ///< for a person
};

/// nullopt: this kernel has no choice. `ports`: kSourcePort, kDestinationPort or both.
Result<std::optional<Hash>> hash_of(const KernelFacts& kernel, const HashSettings& keys,
                                    long ports) {
  const auto policy = number_of(kernel.sysctls, keys.policy);
  if (!policy) return policy.error();
  if (!*policy) return std::optional<Hash>();
  const std::string is = setting(keys.policy, **policy);
  if (**policy >= 0 && **policy < kByFields) return std::optional(Hash{**policy == kByPorts, is});
  if (**policy > kByFields) return fail(is + ", which is not known here");
  const auto fields = number_of(kernel.sysctls, keys.fields);
  if (!fields) return fields.error();
  if (!*fields) return fail(is + ", and this kernel has no " + sysctl_name(keys.fields));
  return std::optional(
      Hash{(**fields & ports) != 0, is + " and " + setting(keys.fields, **fields)});
}

/// What clients' connections to a VIP differ in is the source port.
void look_at_hash_of(const KernelFacts& kernel, const HashSettings& keys, const Rule& rule,
                     Findings& found) {
  const auto hash = hash_of(kernel, keys, kSourcePort);
  if (!hash) return found.cannot_tell(rule, hash.error().what);
  if (!*hash) {
    found.add(rule, "this kernel has no " + sysctl_name(keys.policy));
  } else if (!(*hash)->by_port) {
    found.add(rule, (*hash)->settings).sysctls = {{sysctl_name(keys.policy), "1"}};
  }
}

void look_at_icmp(const KernelFacts& kernel, Findings& found) {
  std::vector<std::string> by_ports;
  for (const HashSettings& keys : {kHashSettingsV4, kHashSettingsV6}) {
    const auto hash = hash_of(kernel, keys, kSourcePort | kDestinationPort);
    if (hash && *hash && (*hash)->by_port) by_ports.push_back((*hash)->settings);
  }
  if (!by_ports.empty()) found.add(kIcmpByPorts, listed(by_ports));
}

void look_at_dead_next_hops(const KernelFacts& kernel, Findings& found) {
  const auto looks = number_of(kernel.sysctls, kUseNeighbour);
  if (!looks) return found.cannot_tell(kNeighbour, looks.error().what);
  if (!*looks || **looks != 0) return;
  found.add(kNeighbour, setting(kUseNeighbour, 0)).sysctls = {{sysctl_name(kUseNeighbour), "1"}};
}

void look_at_node(const KernelFacts& kernel, Findings& found) {
  if (!kernel.interfaces) return found.cannot_tell(kNodeHash, kernel.interfaces.error().what);
  std::vector<std::string> ways_out;
  std::vector<std::string> perhaps;
  for (const Interface* uplink : uplinks(*kernel.interfaces)) {
    if (uplink->default_v4.value_or(true)) perhaps.push_back(uplink->name);
    if (uplink->default_v4.value_or(false)) ways_out.push_back(uplink->name);
  }
  if (perhaps.size() < 2) return;
  for (const HashSettings& keys : {kHashSettingsV4, kHashSettingsV6}) {
    // What answers to one client differ in is the destination port.
    const auto hash = hash_of(kernel, keys, kDestinationPort);
    if (!hash) return found.cannot_tell(kNodeHash, hash.error().what);
    if (!*hash || (*hash)->by_port) continue;
    if (ways_out.size() < 2) {
      return found.cannot_tell(kNodeHash, (*hash)->settings + ", and default routes may leave by " +
                                              listed(perhaps) + ": which of them cannot be told");
    }
    found.add(kNodeHash, (*hash)->settings + ", and default routes leave by " + listed(ways_out))
        .sysctls = {{sysctl_name(keys.policy), "1"}};
  }
}

}  // namespace

const Topic kEcmpTopic{"Equal-cost routes", kEcmpRules};

void look_at_ecmp(const Facts& facts, Findings& found) {
  const KernelFacts& kernel = facts.kernel;
  if (facts.role == Role::node) return look_at_node(kernel, found);
  const bool by_flow = look_at_version(kernel, found);
  look_at_build(kernel, found);
  if (!by_flow) return;
  look_at_hash_of(kernel, kHashSettingsV4, kHashV4, found);
  look_at_hash_of(kernel, kHashSettingsV6, kHashV6, found);
  look_at_icmp(kernel, found);
  look_at_dead_next_hops(kernel, found);
}

}  // namespace vipherd::doctor
