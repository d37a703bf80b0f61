// What is taken out of service for a limited time returns by itself.
#include <gmock/gmock.h>

#include <optional>

#include "unit/core/script.hpp"

namespace vipherd::core {
namespace {

using namespace model;
using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;

OperatorState remembered(const Actions& actions) {
  std::optional<OperatorState> last;
  for (const Action& action : actions) {
    if (const auto* remember = std::get_if<action::Remember>(&action)) last = *remember->state;
  }
  EXPECT_TRUE(last) << "nothing is to be remembered";
  return last.value_or(OperatorState{.node_weight = 1});
}

const WallTime kNoon(std::chrono::hours(500'000));

class ExpiryTest : public testing::Test {
 protected:
  ExpiryTest() { script_.bring_up(); }

  Actions say(Command command, WallTime at = kNoon) {
    return script_.feed(event::OperatorCommand{std::move(command), "alice", at});
  }
  const OperatorState& operators() { return script_.state().operators; }

  Script script_{one_service()};
};

TEST_F(ExpiryTest, ADrainEndsAfterItsTime) {
  say(command::Drain{scope::Service{"web"}, false, {"kernel upgrade", 30min}});
  const Instruction& said = operators().drained_services.at("web");
  EXPECT_EQ(said, (Instruction{"alice", "kernel upgrade", kNoon, kNoon + 30min}));
  script_.wait(29min);
  EXPECT_TRUE(operators().drained_services.contains("web"));
  const Actions actions = script_.wait(1min);
  EXPECT_TRUE(operators().drained_services.empty());
  EXPECT_THAT(notes(actions), Contains(HasSubstr("service web is drained no longer: the time")));
  EXPECT_EQ(remembered(actions), OperatorState{});
}

TEST_F(ExpiryTest, ADisableEndsAfterItsTime) {
  say(command::Disable{scope::Service{"web"}, {"", 1h}});
  script_.wait(1h);
  EXPECT_TRUE(operators().disabled.empty());
}

TEST_F(ExpiryTest, ADrainOfAVipEndsAfterItsTime) {
  say(command::Drain{scope::Vip{vip()}, false, {"", 1h}});
  script_.wait(59min);
  EXPECT_EQ(operators().drained_vips.size(), 1u);
  const Actions actions = script_.wait(1min);
  EXPECT_TRUE(operators().drained_vips.empty());
  EXPECT_THAT(notes(actions), Contains(HasSubstr("VIP 10.10.10.10 is drained no longer")));
}

TEST_F(ExpiryTest, NothingEndsWhileTheAgentStops) {
  say(command::Drain{scope::Node{}, false, {"", 1s}});
  script_.feed(event::ShutdownRequested{"SIGTERM"});
  script_.wait(2s);
  EXPECT_TRUE(operators().node_drained) << "the next agent sees to it";
}

TEST_F(ExpiryTest, FollowsAClockThatIsSet) {
  say(command::Drain{scope::Node{}, false, {"", 1h}});
  script_.wait(10min);
  // Set back by half an hour: it is later than the clock says.
  script_.feed(event::TimersDue{kNoon - 20min});
  script_.wait(75min);
  EXPECT_TRUE(operators().node_drained);
  script_.wait(5min);
  EXPECT_FALSE(operators().node_drained);
  say(command::Drain{scope::Node{}, false, {"", 1h}});
  // Set forward by a day.
  script_.feed(event::TimersDue{kNoon + 24h});
  script_.wait(1ms);
  EXPECT_FALSE(operators().node_drained);
}

TEST_F(ExpiryTest, OnlyWhatIsOverEnds) {
  say(command::Drain{scope::Node{}, false, {"", 10min}});
  say(command::Drain{scope::Service{"web"}, false, {}});
  script_.wait(10min);
  EXPECT_FALSE(operators().node_drained);
  EXPECT_TRUE(operators().drained_services.contains("web")) << "lasts until it is undone";
}

TEST_F(ExpiryTest, WhatIsSaidLaterCounts) {
  say(command::Drain{scope::Node{}, false, {"", 10min}});
  script_.wait(5min);
  say(command::Drain{scope::Node{}, false, {"", 10min}}, kNoon + 5min);
  script_.wait(9min);
  EXPECT_TRUE(operators().node_drained);
  say(command::Drain{scope::Node{}, false, {}}, kNoon + 14min);
  script_.wait(24h);
  EXPECT_TRUE(operators().node_drained) << "no end is left";
}

TEST_F(ExpiryTest, TheTimeGoesOnWithoutAnAgent) {
  const OperatorState written = remembered(say(command::Drain{scope::Node{}, false, {"", 10min}}));
  for (const auto& [gone, drained] : {std::pair(9min, true), std::pair(11min, false)}) {
    Core next;
    TimePoint now(1000s);
    next.apply(
        event::OperatorStateRead{std::make_shared<const OperatorState>(written), kNoon + gone},
        now);
    next.apply(event::ConfigApplied{std::make_shared<const Config>(one_service())}, now);
    next.apply(event::TimersDue{}, now);
    EXPECT_EQ(next.state().operators.node_drained.has_value(), drained);
    next.apply(event::TimersDue{}, now + 1min);
    EXPECT_FALSE(next.state().operators.node_drained);
  }
}

TEST_F(ExpiryTest, WhoAskedAndWhyIsShown) {
  say(command::Drain{scope::Service{"web"}, false, {"kernel upgrade", 30min}});
  say(command::Disable{scope::Service{"web"}, {}});
  const Status status = script_.core().status(script_.now(), kNoon);
  EXPECT_THAT(
      status.vips.at(0).drain->step.reason,
      testing::StartsWith("the operator drains service web (alice: kernel upgrade; until "));
  EXPECT_EQ(status.services.at(0).health.reason, "by the operator (alice)");
  EXPECT_EQ(status.instructions.size(), 2u);
}

}  // namespace
}  // namespace vipherd::core
