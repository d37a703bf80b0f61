#include "core/alarms.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>

namespace vipherd::core {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr TimePoint at(Duration offset) { return TimePoint{1000s} + offset; }
AlarmOwner check(const std::string& name) { return model::CheckId{"web", name}; }

TEST(Alarms, GoOffInTheOrderOfTheirTimes) {
  Alarms alarms;
  EXPECT_EQ(alarms.next(), std::nullopt);
  alarms.set(check("b"), at(2s));
  alarms.set(NodeAlarm{}, at(3s));
  alarms.set(check("a"), at(1s));
  EXPECT_EQ(alarms.next(), at(1s));
  EXPECT_THAT(alarms.take_due(at(999ms)), IsEmpty());
  EXPECT_THAT(alarms.take_due(at(2s)), ElementsAre(check("a"), check("b")));
  EXPECT_EQ(alarms.next(), at(3s));
  EXPECT_THAT(alarms.take_due(at(1h)), ElementsAre(AlarmOwner(NodeAlarm{})));
  EXPECT_EQ(alarms.next(), std::nullopt);
}

TEST(Alarms, AtTheSameTimeGoOffAsTheyWereSet) {
  Alarms alarms;
  for (const char* name : {"c", "a", "b"}) alarms.set(check(name), at(1s));
  alarms.set(check("c"), at(2s));
  alarms.set(check("c"), at(1s));
  EXPECT_THAT(alarms.take_due(at(1s)), ElementsAre(check("a"), check("b"), check("c")));
}

TEST(Alarms, AreReplacedAndCleared) {
  Alarms alarms;
  alarms.set(check("a"), at(1s));
  alarms.set(check("a"), at(5s));
  alarms.set(check("a"), at(5s));
  EXPECT_EQ(alarms.next(), at(5s));
  alarms.set(check("b"), at(1s));
  alarms.set(check("b"), std::nullopt);
  alarms.set(check("b"), std::nullopt);
  EXPECT_THAT(alarms.take_due(at(1h)), ElementsAre(check("a")));
  alarms.set(check("a"), at(6s));
  EXPECT_EQ(alarms.next(), at(6s));
}

TEST(Alarms, SurviveBeingMoved) {
  Alarms first;
  first.set(check("a"), at(1s));
  Alarms second = std::move(first);
  second.set(check("a"), at(2s));
  second.set(check("b"), at(3s));
  EXPECT_THAT(second.take_due(at(2s)), ElementsAre(check("a")));
  EXPECT_EQ(second.next(), at(3s));
}

/// Against the plainest thing that could do the same.
TEST(Alarms, AgreeWithAListThatIsSearched) {
  std::mt19937 chance(7);
  Alarms alarms;
  std::map<AlarmOwner, TimePoint> plain;
  for (int step = 0; step < 20000; ++step) {
    const AlarmOwner owner = check(std::to_string(chance() % 50));
    const TimePoint moment = at(std::chrono::milliseconds(step + static_cast<int>(chance() % 100)));
    switch (chance() % 4) {
      case 0:
        alarms.set(owner, std::nullopt);
        plain.erase(owner);
        break;
      case 1: {
        std::vector<AlarmOwner> due = alarms.take_due(moment);
        std::ranges::sort(due);
        std::vector<AlarmOwner> expected;
        for (const auto& [name, time] : plain) {
          if (time <= moment) expected.push_back(name);
        }
        ASSERT_EQ(due, expected) << step;
        std::erase_if(plain, [&](const auto& entry) { return entry.second <= moment; });
        break;
      }
      default:
        alarms.set(owner, moment);
        plain[owner] = moment;
    }
    std::optional<TimePoint> next;
    for (const auto& [name, time] : plain) next = next ? std::min(*next, time) : time;
    ASSERT_EQ(alarms.next(), next) << step;
  }
}

}  // namespace
}  // namespace vipherd::core
