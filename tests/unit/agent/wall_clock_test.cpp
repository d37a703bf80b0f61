#include "agent/wall_clock.hpp"

#include <gtest/gtest.h>

namespace vipherd::agent {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kBoot{};
constexpr WallTime kMorning = WallTime(500 * 24h);

/// A clock that was read without any waiting, `boot` after both began.
WallClock read_at(Duration boot) {
  WallClock clock;
  clock.set(kBoot + boot, kMorning + boot, kBoot + boot);
  return clock;
}

TEST(WallClockTest, AMomentKeepsItsTimeHoweverLateTheSecondClockIsRead) {
  WallClock clock = read_at(1s);
  const WallTime told = clock.at(kBoot + 500ms);
  EXPECT_EQ(told, kMorning + 500ms);
  // The process had to wait after the first clock, then between the second and the third.
  clock.set(kBoot + 2s, kMorning + 2s + 40ms, kBoot + 2s + 40ms);
  EXPECT_EQ(clock.at(kBoot + 500ms), told);
  clock.set(kBoot + 3s, kMorning + 3s, kBoot + 3s + 40ms);
  EXPECT_EQ(clock.at(kBoot + 500ms), told);
}

TEST(WallClockTest, AStepOfTheWallClockIsFollowed) {
  for (const Duration step : {Duration(-1h), Duration(-10ms), Duration(10ms), Duration(1h)}) {
    WallClock clock = read_at(1s);
    clock.set(kBoot + 2s, kMorning + 2s + step, kBoot + 2s);
    EXPECT_EQ(clock.at(kBoot + 2s), kMorning + 2s + step) << step.count();
  }
}

TEST(WallClockTest, ADriftIsFollowedOnceItCouldBeSeen) {
  WallClock clock = read_at(0s);
  for (int second = 1; second <= 100; ++second) {
    const Duration since_boot = second * 1s;
    clock.set(kBoot + since_boot, kMorning + since_boot + second * 100us, kBoot + since_boot);
    const Duration wrong = clock.at(kBoot + since_boot) - (kMorning + since_boot + second * 100us);
    EXPECT_LE(std::chrono::abs(wrong), 1ms) << second;
  }
}

}  // namespace
}  // namespace vipherd::agent
