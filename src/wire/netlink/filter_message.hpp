// The filters of queueing disciplines, as rtnetlink tells of them (tc(8)).
#pragma once

#include <optional>

#include "vipherd/wire/netlink/rtnetlink.hpp"
#include "wire/netlink/netlink.hpp"

namespace vipherd::wire::rtnetlink {

/// Nothing if it is malformed.
std::optional<Body> decode_filter(const nlmsghdr& header, netlink::View payload);

}  // namespace vipherd::wire::rtnetlink
