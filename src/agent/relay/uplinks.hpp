// Which interfaces the relay looks at, unless the configuration names them.
#pragma once

#include <string>
#include <vector>

#include "vipherd/kernel/interfaces.hpp"

namespace vipherd::agent {

/// Ethernet, up, with an address, and no part of a bridge, bond or VRF; in the order given.
std::vector<std::string> uplinks_among(const std::vector<kernel::InterfaceState>& interfaces);

}  // namespace vipherd::agent
