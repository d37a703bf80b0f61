// Has the kernel drop datagrams of strangers before they take the place of siblings' in a socket's
// queue: a flood then costs no heartbeat.
#pragma once

#include <vector>

#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/base/result.hpp"

namespace vipherd::agent {

/// From now on the socket takes only what comes from these addresses, of one family.
Result<void> take_only_from(int socket, Family family, const std::vector<IpAddress>& sources);

}  // namespace vipherd::agent
