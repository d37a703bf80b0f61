// The few questions that the relay asks the kernel: by which interface a sibling is reached, and
// whether an interface holds filters. Each on a socket of its own, answered within the call.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

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

enum class Direction { ingress, egress };

/// One filter of an interface's clsact qdisc, of whatever kind.
struct TcFilter {
  std::uint32_t priority = 0;
  std::uint32_t handle = 0;
  std::string name{};         ///< BPF: as the program that attached it called it
  std::uint32_t program = 0;  ///< BPF: its id
};

/// None where there is no such qdisc. Unlike asking for the program itself it takes no
/// CAP_SYS_ADMIN.
Result<std::vector<TcFilter>> read_filters(std::uint32_t interface, Direction direction);

Result<bool> is_ethernet(const std::string& interface);
Result<std::uint32_t> mtu_of(std::uint32_t interface);

}  // namespace vipherd::relay
