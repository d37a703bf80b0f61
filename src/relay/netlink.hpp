// The few questions that the relay asks the kernel: by which interface a sibling is reached, and
// whether an interface holds filters. Each on a socket of its own, answered within the call.
#pragma once

#include <cstdint>
#include <string>

#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/base/result.hpp"

namespace vipherd::relay {

struct Hop {
  std::uint32_t interface = 0;
  IpAddress gateway{};  ///< the destination itself where it is on the link; may be IPv6 for IPv4
  friend bool operator==(const Hop&, const Hop&) = default;
};

/// By which packets with this source leave for this address. Fails if there is no way, or the
/// address is this node's own.
Result<Hop> hop_towards(const IpAddress& address, const IpAddress& source);

/// Whether its clsact qdisc holds any filter, at ingress or egress.
Result<bool> has_filters(std::uint32_t interface);

Result<bool> is_ethernet(const std::string& interface);
Result<std::uint32_t> mtu_of(std::uint32_t interface);

}  // namespace vipherd::relay
