// Which addresses are this node's own: for what is configured alike on all nodes. Read from the
// kernel on a socket of its own, which answers within the call.
#pragma once

#include <vector>

#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/base/result.hpp"

namespace vipherd::kernel {

/// Those of `addresses` that are local in the default VRF.
Result<std::vector<IpAddress>> own_among(const std::vector<IpAddress>& addresses);

}  // namespace vipherd::kernel
