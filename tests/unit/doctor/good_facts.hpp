// Hosts with which nothing is wrong, as the lab's are, for tests that make one thing wrong.
#pragma once

#include <net/if.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "vipherd/doctor/facts.hpp"

namespace vipherd::doctor {

inline IpAddress address(std::string_view text) { return IpAddress::parse(text).value(); }

/// "192.168.100.2/24"
inline InterfaceAddress on_interface(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto length = static_cast<std::uint8_t>(std::stoi(std::string(text.substr(slash + 1))));
  return {{address(text.substr(0, slash)), length}};
}

inline Result<std::string> told(std::string text) {
  return {boost::system::in_place_value, std::move(text)};
}

inline void set(Facts& facts, const std::string& key, const std::string& value) {
  facts.kernel.sysctls.insert_or_assign(key, std::optional<std::string>(value));
}
inline void unset(Facts& facts, const std::string& key) {
  facts.kernel.sysctls.insert_or_assign(key, std::optional<std::string>());
}
inline void hide(Facts& facts, const std::string& key) {
  facts.kernel.sysctls.insert_or_assign(key, fail("cannot read /proc/sys/" + key));
}

inline void add_interface(Facts& facts, const std::string& name,
                          const std::vector<std::string>& addresses) {
  Interface interface { .name = name, .flags = IFF_UP };
  if (name == "lo") interface.flags |= IFF_LOOPBACK;
  for (const std::string& text : addresses) interface.addresses.push_back(on_interface(text));
  interface.default_v4 = name == "eth1";
  facts.kernel.interfaces->push_back(interface);
  for (const char* key : {"rp_filter", "arp_ignore", "arp_announce"}) {
    set(facts, "net/ipv4/conf/" + name + "/" + key, "0");
  }
  set(facts, "net/ipv6/conf/" + name + "/keep_addr_on_down", "1");
}

inline Interface& interface_of(Facts& facts, const std::string& name) {
  return *std::ranges::find(*facts.kernel.interfaces, name, &Interface::name);
}

/// The first of them is there.
inline void replace(Facts& facts, const std::string& daemon, const std::string& old,
                    const std::string& fresh) {
  std::string& text = *facts.frr.daemons[daemon].running;
  const std::size_t at = text.find(old);
  if (at == std::string::npos) throw std::runtime_error("no " + old + " in " + daemon);
  text.replace(at, old.size(), fresh);
}

Facts good_node();
Facts good_router();

}  // namespace vipherd::doctor
