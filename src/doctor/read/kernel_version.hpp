// The version of a Linux kernel, and what each was the first to do about equal-cost routes. Pure.
#pragma once

#include <compare>
#include <optional>
#include <string_view>

namespace vipherd::doctor {

struct KernelVersion {
  int major = 0;
  int minor = 0;
  friend auto operator<=>(const KernelVersion&, const KernelVersion&) = default;
};

/// From "6.1.0-28-amd64" (uname -r); nullopt if it does not begin so.
std::optional<KernelVersion> parse_kernel_version(std::string_view release);

// IPv4
inline constexpr KernelVersion kNoRouteCacheV4{3, 6};  ///< from here on per packet
inline constexpr KernelVersion kFlowHashV4{4, 4};      ///< and ICMP errors follow their flow
inline constexpr KernelVersion kUseNeighbourV4{4, 7};  ///< fib_multipath_use_neigh
inline constexpr KernelVersion kPortHashV4{4, 12};     ///< fib_multipath_hash_policy
// IPv6
inline constexpr KernelVersion kMultipathV6{3, 8};
inline constexpr KernelVersion kIcmpFollowsV6{4, 14};
inline constexpr KernelVersion kPortHashV6{4, 17};

}  // namespace vipherd::doctor
