// What keeps a round bounded.
#pragma once

#include <chrono>
#include <cstddef>

namespace vipherd::spread {

/// Requests that are under way at once.
inline constexpr std::size_t kUnderWay = 50;
/// For one request.
inline constexpr std::chrono::milliseconds kPatience{2000};
/// For all of a round.
inline constexpr std::chrono::minutes kLongestRound{10};

inline constexpr const char* kOutOfTime = "not asked in time";

}  // namespace vipherd::spread
