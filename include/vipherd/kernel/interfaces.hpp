// Every interface of this network namespace with its addresses, and where the IPv4 default routes
// lead: for who looks at a host from outside the agent. Read from the kernel on a socket of its
// own, which answers within the call; owns nothing, changes nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vipherd/base/result.hpp"
#include "vipherd/wire/netlink/rtnetlink.hpp"

namespace vipherd::kernel {

struct InterfaceState {
  wire::rtnetlink::LinkMessage link;
  std::vector<wire::rtnetlink::AddressMessage> addresses{};
  std::string vrf{};  ///< that it belongs to, over bridges and bonds; empty: the default one
  /// Whether the IPv4 default route of its VRF leaves by it. nullopt: the route has several next
  /// hops, of which not all lie in a subnet of an interface.
  std::optional<bool> default_v4{};
};

/// By index.
Result<std::vector<InterfaceState>> read_interfaces();

}  // namespace vipherd::kernel
