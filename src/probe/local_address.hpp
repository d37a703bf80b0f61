// Whether an address is one of this node. Asks the kernel's routing table, which answers at once.
#pragma once

#include <string>

#include "vipherd/base/ip_prefix.hpp"

namespace vipherd::probe {

/// True if packets to the address from within this VRF are delivered on this node: an address of an
/// interface, a VIP that is a local route, all of 127.0.0.0/8. False also if the kernel cannot be
/// asked.
bool is_local_address(const IpAddress& address, const std::string& vrf = {});

}  // namespace vipherd::probe
