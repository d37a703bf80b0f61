// The kernel's release, settings and interfaces.
#include <sys/utsname.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "doctor/look/parts.hpp"
#include "doctor/read/sockets.hpp"
#include "vipherd/base/lines.hpp"
#include "vipherd/files/files.hpp"
#include "vipherd/kernel/interfaces.hpp"

namespace vipherd::doctor {
namespace {

constexpr std::size_t kMostOfSetting = 4096;

Result<std::string> read_release() {
  utsname name{};
  if (uname(&name) != 0) return fail("uname: " + std::string(std::strerror(errno)));
  return Result<std::string>(boost::system::in_place_value, static_cast<const char*>(name.release));
}

Result<std::optional<std::string>> read_setting(const std::string& key) {
  auto text = files::read_if_there("/proc/sys/" + key, kMostOfSetting);
  if (text && *text) *text = std::string(trim((*text)->substr(0, (*text)->find('\n'))));
  return text;
}

Result<std::vector<Interface>> read_all_interfaces() {
  const auto states = kernel::read_interfaces();
  if (!states) return states.error();
  std::vector<Interface> interfaces;
  for (const kernel::InterfaceState& state : *states) {
    Interface& interface = interfaces.emplace_back();
    interface.name = state.link.name;
    interface.flags = state.link.flags;
    interface.mtu = state.link.mtu;
    interface.vrf_device = state.link.vrf_table != 0;
    interface.vrf = state.vrf;
    interface.default_v4 = state.default_v4;
    for (const wire::rtnetlink::AddressMessage& address : state.addresses) {
      IpPrefix prefix = address.local;
      if (address.has_peer) prefix.length = prefix.address.host_length();
      interface.addresses.push_back({prefix, address.protocol, address.label});
    }
  }
  return interfaces;
}

/// The boot directory has the configuration of distributions' kernels.
Result<std::optional<bool>> read_multipath(const std::string& release) {
  const std::string path = "/boot/config-" + release;
  const auto text = files::read_if_there(path, kMostOfFile);
  if (!text) return text.error();
  if (!*text) return fail("there is no " + path);
  std::string_view rest = **text;
  while (!rest.empty()) {
    const std::string_view line = cut_line(rest);
    if (line == "CONFIG_IP_ROUTE_MULTIPATH=y") return std::optional(true);
    if (line == "# CONFIG_IP_ROUTE_MULTIPATH is not set") return std::optional(false);
  }
  return std::optional<bool>();
}

}  // namespace

KernelFacts look_at_kernel() {
  KernelFacts facts;
  facts.release = read_release();
  if (facts.release) facts.multipath_built_in = read_multipath(*facts.release);
  facts.interfaces = read_all_interfaces();
  std::vector<std::string> keys{"net/ipv4/fib_multipath_hash_policy",
                                "net/ipv6/fib_multipath_hash_policy",
                                "net/ipv4/fib_multipath_hash_fields",
                                "net/ipv6/fib_multipath_hash_fields",
                                "net/ipv4/fib_multipath_use_neigh",
                                "net/ipv4/tcp_mtu_probing",
                                "net/mptcp/enabled"};
  std::vector<std::string> scopes{"all"};
  if (facts.interfaces) {
    for (const Interface& interface : *facts.interfaces) scopes.push_back(interface.name);
  }
  for (const std::string& scope : scopes) {
    for (const char* key : {"rp_filter", "arp_ignore", "arp_announce"}) {
      keys.push_back("net/ipv4/conf/" + scope + "/" + key);
    }
    keys.push_back("net/ipv6/conf/" + scope + "/keep_addr_on_down");
  }
  for (const std::string& key : keys) facts.sysctls.emplace(key, read_setting(key));
  return facts;
}

Result<std::vector<Listener>> look_at_sockets() {
  std::vector<Listener> listeners;
  for (const char* name : {"tcp", "tcp6", "udp", "udp6"}) {
    // The kernel without IPv6 has no files of it.
    const auto text = files::read_if_there(std::string("/proc/net/") + name, kMostOfFile);
    if (!text) return text.error();
    if (*text) append_listeners(listeners, **text, std::string_view(name).starts_with("udp"));
  }
  return listeners;
}

}  // namespace vipherd::doctor
