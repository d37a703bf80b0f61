// What is taken where this node stands: the addresses of its interfaces, and the gateways of its
// default routes. Read from the kernel on a socket of its own, which answers within the call; owns
// nothing, changes nothing.
#pragma once

#include <vector>

#include "vipherd/base/result.hpp"
#include "vipherd/model/event.hpp"

namespace vipherd::kernel {

/// Not among them: addresses on lo, on devices of VRFs and on dummy interfaces, where VIPs lie that
/// others or we have put there, and addresses that are good for their link alone. In order.
Result<std::vector<model::Neighbourhood>> read_surroundings();

}  // namespace vipherd::kernel
