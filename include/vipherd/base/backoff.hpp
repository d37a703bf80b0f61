// How long to wait before something that failed is tried again. Pure.
#pragma once

#include <algorithm>
#include <cstdint>

#include "vipherd/base/duration.hpp"

namespace vipherd {

/// first, 2 x first, 4 x first ... at most `most`. `failures` counts from 1.
inline Duration backoff(Duration first, Duration most, std::uint32_t failures) {
  const std::uint32_t doublings = std::min(failures > 0 ? failures - 1 : 0U, 20U);
  return std::min(most, first * (std::int64_t{1} << doublings));
}

}  // namespace vipherd
