// The few questions that the relay asks the kernel: by which interface a sibling is reached, what
// that interface is, and which filters it holds. Each on a socket of its own, answered within the
// call.
#pragma once

#include <cstdint>
#include <vector>

#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/base/result.hpp"
#include "vipherd/wire/netlink/rtnetlink.hpp"

namespace vipherd::relay {

struct Hop {
  std::uint32_t interface = 0;
  IpAddress gateway{};  ///< the destination itself where it is on the link; may be IPv6 for IPv4
  friend bool operator==(const Hop&, const Hop&) = default;
};

/// By which packets with this source leave for this address. Fails if there is no way, or the
/// address is this node's own.
Result<Hop> hop_towards(const IpAddress& address, const IpAddress& source);

enum class Direction { ingress, egress };

/// Those of an interface's clsact qdisc, of whatever kind; none where there is no such qdisc.
/// Unlike asking for the program itself it takes no CAP_SYS_ADMIN.
Result<std::vector<wire::rtnetlink::FilterMessage>> read_filters(std::uint32_t interface,
                                                                 Direction direction);

Result<wire::rtnetlink::LinkMessage> read_link(std::uint32_t interface);

}  // namespace vipherd::relay
