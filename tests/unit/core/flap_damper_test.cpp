#include "core/flap_damper.hpp"

#include <gtest/gtest.h>

#include "unit/core/script.hpp"

namespace vipherd::core {
namespace {

using namespace model;

constexpr Damping kConfig{1min, 3000, 1000, 10min};

TEST(Penalty, HalvesWithEveryHalfLife) {
  DampingState damping;
  add_flap(damping, kConfig, TimePoint(0s));
  EXPECT_DOUBLE_EQ(penalty_at(damping, kConfig, TimePoint(0s)), 1000);
  EXPECT_DOUBLE_EQ(penalty_at(damping, kConfig, TimePoint(1min)), 500);
  EXPECT_DOUBLE_EQ(penalty_at(damping, kConfig, TimePoint(3min)), 125);
}

TEST(Penalty, HoldsFromSuppressToReuse) {
  DampingState damping;
  EXPECT_FALSE(add_flap(damping, kConfig, TimePoint(0s)));
  EXPECT_FALSE(add_flap(damping, kConfig, TimePoint(0s)));
  EXPECT_TRUE(add_flap(damping, kConfig, TimePoint(0s)));
  EXPECT_TRUE(damping.held);
  EXPECT_FALSE(add_flap(damping, kConfig, TimePoint(0s))) << "held already";
  // 4000 to 1000: two half-lives.
  EXPECT_EQ(release_at(damping, kConfig), TimePoint(2min));
}

TEST(Penalty, IsBoundedByTheLongestHold) {
  DampingState damping;
  for (int flaps = 0; flaps < 5000; ++flaps) add_flap(damping, kConfig, TimePoint(0s));
  EXPECT_EQ(release_at(damping, kConfig), TimePoint(10min));
}

Config damped() {
  Config config = one_service();
  config.services[0].damping = kConfig;
  return config;
}

void flap(Script& script) {
  script.wait(1s);
  script.probe(false);
  script.wait(1s);
  script.probe(true);
}

TEST(Damping, HoldsDownAServiceThatFlaps) {
  Script script(damped());
  script.bring_up();
  const auto& service = script.state().services.at("web");
  for (int times = 0; times < 3; ++times) {
    EXPECT_EQ(service.health, CheckHealth::up);
    flap(script);
  }
  EXPECT_FALSE(service.damping.held) << "the first flaps have decayed a little";
  flap(script);
  EXPECT_TRUE(service.damping.held);
  EXPECT_EQ(service.of_checks, CheckHealth::up);
  EXPECT_EQ(service.health, CheckHealth::down);
  EXPECT_FALSE(script.vip_state().desired.wanted);
  EXPECT_TRUE(
      service.cause.reason.starts_with("held down because it went down too often (penalty 3"))
      << service.cause.reason;
}

TEST(Damping, LetsAQuietServiceReturnByItself) {
  Script script(damped());
  script.bring_up();
  for (int times = 0; times < 4; ++times) flap(script);
  ASSERT_EQ(script.state().services.at("web").health, CheckHealth::down);
  // Silence of the checks: nothing but the clock brings it back.
  for (int seconds = 0; seconds < 130; ++seconds) {
    script.wait(1s);
    script.probe(true);
  }
  EXPECT_EQ(script.state().services.at("web").health, CheckHealth::up);
  EXPECT_TRUE(script.vip_state().desired.wanted);
}

TEST(Damping, HoldsLongerTheMoreItFlaps) {
  Script few(damped());
  few.bring_up();
  for (int times = 0; times < 4; ++times) flap(few);
  Script many(damped());
  many.bring_up();
  for (int times = 0; times < 12; ++times) flap(many);
  const auto left = [](Script& script) {
    return release_at(script.state().services.at("web").damping, kConfig) - script.now();
  };
  EXPECT_GT(left(many), left(few) + 1min);
  EXPECT_LE(left(many), 10min);
}

TEST(Damping, IsClearedByTheOperator) {
  Script script(damped());
  script.bring_up();
  for (int times = 0; times < 4; ++times) flap(script);
  ASSERT_FALSE(script.vip_state().desired.wanted);
  script.feed(event::OperatorCommand{command::ClearDamping{scope::Service{"web"}}});
  EXPECT_EQ(script.state().services.at("web").health, CheckHealth::up);
  EXPECT_TRUE(script.vip_state().desired.wanted);
}

TEST(Damping, WithoutItEveryChangeIsFollowed) {
  Script script(one_service());
  script.bring_up();
  for (int times = 0; times < 50; ++times) flap(script);
  EXPECT_EQ(script.state().services.at("web").health, CheckHealth::up);
}

TEST(Damping, EndsWhenAReloadRemovesIt) {
  Script script(damped());
  script.bring_up();
  for (int times = 0; times < 4; ++times) flap(script);
  ASSERT_FALSE(script.vip_state().desired.wanted);
  script.apply(one_service());
  EXPECT_TRUE(script.vip_state().desired.wanted);
}

TEST(Damping, FollowsAReloadThatShortensIt) {
  Script script(damped());
  script.bring_up();
  for (int times = 0; times < 4; ++times) flap(script);
  ASSERT_FALSE(script.vip_state().desired.wanted);
  Config config = damped();
  config.services[0].damping->half_life = 1s;
  script.apply(config);
  for (int seconds = 0; seconds < 3; ++seconds) {
    script.wait(1s);
    script.probe(true);
  }
  EXPECT_TRUE(script.vip_state().desired.wanted);
}

}  // namespace
}  // namespace vipherd::core
