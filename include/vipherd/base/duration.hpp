// Durations as operators write them ("300ms", "1.5s"), and the clock's types.
// Reads no clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "vipherd/base/result.hpp"

namespace vipherd {

using Duration = std::chrono::nanoseconds;
/// A point of the monotonic clock; the pure core is given it, never reads it.
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;
/// Seconds and fractions since 1970, for people.
using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;

/// Reads a non-negative number with a unit: ns, us, ms, s, m, h, d ("250ms", "1.5s", "2m").
Result<Duration> parse_duration(std::string_view text);

/// The shortest usual form: "250ms", "1.5s", "2m". At most three digits after the point. A day is
/// "24h", two are "2d".
std::string format_duration(Duration duration);

/// Seconds since 1970 that another program wrote: a certificate, a file's date. Nanoseconds in 64
/// bits end in 2262, and "never" is often written as the year 9999: what lies before 1950 or after
/// 2200 is brought to that bound, so that the difference of any two of them, and of one and now,
/// fits.
WallTime wall_time_of(std::int64_t seconds);

/// A number of another program's units of time; the longest Duration if it is longer than that.
template <class Rep, class Period>
Duration saturated(std::chrono::duration<Rep, Period> time) {
  constexpr auto kLongest =
      std::chrono::duration_cast<std::chrono::duration<Rep, Period>>(Duration::max());
  return time > kLongest ? Duration::max() : Duration(time);
}

/// RFC 3339 in UTC with milliseconds: "2026-01-31T12:00:00.250Z".
std::string format_wall_time(WallTime time);
/// Exactly that form; nullopt: anything else.
std::optional<WallTime> parse_wall_time(std::string_view text);

}  // namespace vipherd
