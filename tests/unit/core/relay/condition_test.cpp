#include <gmock/gmock.h>

#include "vipherd/core/relay_condition.hpp"

namespace vipherd::core {
namespace {

using model::RelayState;
using namespace std::chrono_literals;

class RelayConditionTest : public ::testing::Test {
 protected:
  /// What is told; empty: nothing is new.
  std::string settled() {
    now_ += 1s;
    const auto shown = condition_.settle(now_);
    return shown ? std::string(to_string(shown->state)) + ": " + shown->reason : "";
  }

  TimePoint now_{1000s};
  RelayCondition condition_;
  const std::string working_ = "working: connections of other nodes are passed on";
};

TEST_F(RelayConditionTest, IsToldOnceAndSinceWhen) {
  EXPECT_FALSE(condition_.shown());
  EXPECT_EQ(settled(), working_);
  EXPECT_EQ(settled(), "");
  EXPECT_EQ(condition_.shown()->since, TimePoint{1001s});
}

TEST_F(RelayConditionTest, TellsTheFirstThatIsWrongAndThatItIsRightAgain) {
  condition_.begun(fail("no rights"), false);
  condition_.rings_set(fail("no route"));
  EXPECT_EQ(settled(), "failed: no rights");
  condition_.begun({}, false);
  EXPECT_EQ(settled(), "failed: no route");
  EXPECT_EQ(condition_.shown()->since, TimePoint{1001s}) << "failed since then";
  condition_.rings_set({});
  EXPECT_EQ(settled(), working_);
  condition_.vips_set(fail("no room"));
  EXPECT_TRUE(condition_.vips_failed());
  EXPECT_EQ(settled(), "failed: no room");
}

TEST_F(RelayConditionTest, SaysThatWhatWasInForceWorksOn) {
  condition_.begun(fail("cannot read the key"), true);
  EXPECT_FALSE(condition_.has_begun());
  EXPECT_EQ(settled(), "failed: cannot read the key; what was in force before works on");
}

TEST_F(RelayConditionTest, OneFailedLookAtTheInterfacesIsNone) {
  EXPECT_EQ(settled(), working_);
  condition_.attached(fail("eth7 is gone"));
  EXPECT_EQ(settled(), "");
  condition_.attached({});
  condition_.attached(fail("eth7 is gone"));
  EXPECT_EQ(settled(), "");
  condition_.attached(fail("eth7 is gone"));
  EXPECT_EQ(settled(), "failed: eth7 is gone");
  condition_.attached({});
  EXPECT_EQ(settled(), working_);
}

}  // namespace
}  // namespace vipherd::core
