// Puts moments of the monotonic clock on the wall, a moment always at the same time.
#pragma once

#include "vipherd/base/duration.hpp"

namespace vipherd::agent {

/// Two clocks cannot be read at once, so what lies between two of their readings is never quite the
/// same. Taken anew for every answer, it would give one change two times. It is therefore kept
/// until the wall clock was set: until no reading fits it any more.
class WallClock {
 public:
  /// `wall` was read later than `before` and earlier than `after`.
  void set(TimePoint before, WallTime wall, TimePoint after) {
    const Duration least = wall.time_since_epoch() - after.time_since_epoch();
    const Duration most = wall.time_since_epoch() - before.time_since_epoch();
    if (offset_ < least - kFineness || offset_ > most + kFineness) offset_ = least;
  }
  WallTime at(TimePoint moment) const { return WallTime(moment.time_since_epoch() + offset_); }

 private:
  /// What is shown has milliseconds.
  static constexpr Duration kFineness = std::chrono::milliseconds(1);
  Duration offset_{};
};

}  // namespace vipherd::agent
