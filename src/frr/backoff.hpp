// How long to wait between attempts to connect. Pure.
#pragma once

#include <algorithm>
#include <cstdint>

#include "vipherd/base/backoff.hpp"
#include "vipherd/base/duration.hpp"

namespace vipherd::frr {

inline constexpr Duration kFirstBackoff = std::chrono::milliseconds(50);
inline constexpr Duration kLastBackoff = std::chrono::seconds(1);

/// Doubled with every failure in a row, which it counts, and spread by a quarter to either side, so
/// that two agents that refuse each other part.
inline Duration next_backoff(std::uint32_t& attempts, std::uint32_t& random) {
  const Duration delay = backoff(kFirstBackoff, kLastBackoff, ++attempts);
  random = random * 1664525u + 1013904223u;  // Numerical Recipes
  const Duration spread = delay / 2 / 256 * (random >> 24);
  return std::min(delay - delay / 4 + spread, kLastBackoff);
}

}  // namespace vipherd::frr
