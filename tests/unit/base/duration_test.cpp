#include "vipherd/base/duration.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace vipherd {
namespace {

using namespace std::chrono_literals;

TEST(Duration, ReadsEveryUnit) {
  EXPECT_EQ(parse_duration("300ms").value(), 300ms);
  EXPECT_EQ(parse_duration("1.5s").value(), 1500ms);
  EXPECT_EQ(parse_duration("2m").value(), 2min);
  EXPECT_EQ(parse_duration("1h").value(), 1h);
  EXPECT_EQ(parse_duration("14d").value(), 14 * 24h);
  EXPECT_EQ(parse_duration("250us").value(), 250us);
  EXPECT_EQ(parse_duration("7ns").value(), 7ns);
  EXPECT_EQ(parse_duration("0s").value(), 0s);
}

TEST(Duration, RefusesWhatIsNotADuration) {
  for (const char* text : {"", "5", "s", "-1s", "1 s", "1sec", "1s ", "nan", "inf", "1e3s", "0x1s",
                           "99999999h", "367d"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
  EXPECT_EQ(parse_duration("5").error().what,
            "expected a duration such as \"300ms\", \"1.5s\" or \"2m\", got \"5\"");
}

TEST(Duration, WritesTheShortestUsualForm) {
  EXPECT_EQ(format_duration(250ms), "250ms");
  EXPECT_EQ(format_duration(1500ms), "1.5s");
  EXPECT_EQ(format_duration(90s), "90s");
  EXPECT_EQ(format_duration(2min), "2m");
  EXPECT_EQ(format_duration(2h), "2h");
  EXPECT_EQ(format_duration(24h), "24h");
  EXPECT_EQ(format_duration(36h), "36h");
  EXPECT_EQ(format_duration(48h), "2d");
  EXPECT_EQ(format_duration(0s), "0s");
  EXPECT_EQ(format_duration(85us), "85us");
}

TEST(Duration, WallTimeIsRfc3339) {
  EXPECT_EQ(format_wall_time(WallTime(std::chrono::milliseconds(1'700'000'000'250))),
            "2023-11-14T22:13:20.250Z");
  EXPECT_EQ(format_wall_time(WallTime(-250ms)), "1969-12-31T23:59:59.750Z");
}

TEST(Duration, TimesOfOthersStayWithinWhatCanBeCompared) {
  constexpr std::int64_t kYear9999 = 253'402'300'799;
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(wall_time_of(1'700'000'000), WallTime(1'700'000'000s));
  EXPECT_EQ(format_wall_time(wall_time_of(kYear9999)), "2200-01-01T00:00:00.000Z");
  EXPECT_EQ(wall_time_of(kMost), wall_time_of(kYear9999));
  EXPECT_EQ(format_wall_time(wall_time_of(-kMost)), "1950-01-01T00:00:00.000Z");
  EXPECT_GT(wall_time_of(kMost) - wall_time_of(-kMost), 24h * 365 * 249);
}

TEST(Duration, LengthsOfOthersAreAtMostTheLongest) {
  using Microseconds = std::chrono::duration<std::uint64_t, std::micro>;
  EXPECT_EQ(saturated(Microseconds(5)), 5us);
  EXPECT_EQ(saturated(Microseconds(std::numeric_limits<std::uint64_t>::max())), Duration::max());
}

}  // namespace
}  // namespace vipherd
