#include "core/service_policy.hpp"

#include <gtest/gtest.h>

namespace vipherd::core {
namespace {

using model::Needs;

CheckState decided(CheckHealth health) {
  CheckState check;
  check.health = health;
  check.fresh = health == CheckHealth::undecided;
  check.cause.reason = "because";
  return check;
}

ChecksResult evaluate(Needs needs, CheckHealth a, CheckHealth b, CheckHealth c) {
  const CheckState first = decided(a);
  const CheckState second = decided(b);
  const CheckState third = decided(c);
  return evaluate_service(needs, {{"a", &first}, {"b", &second}, {"c", &third}});
}

constexpr CheckHealth kUp = CheckHealth::up;
constexpr CheckHealth kDown = CheckHealth::down;
constexpr CheckHealth kOpen = CheckHealth::undecided;
constexpr Needs kAll{Needs::Mode::all, 0};
constexpr Needs kAny{Needs::Mode::any, 0};
constexpr Needs kTwo{Needs::Mode::count, 2};

TEST(ServicePolicy, AllNeedsEveryCheck) {
  EXPECT_EQ(evaluate(kAll, kUp, kUp, kUp).health, kUp);
  EXPECT_EQ(evaluate(kAll, kUp, kDown, kUp).health, kDown);
  EXPECT_EQ(evaluate(kAll, kOpen, kDown, kOpen).health, kDown);
  EXPECT_EQ(evaluate(kAll, kUp, kUp, kOpen).health, kOpen);
}

TEST(ServicePolicy, AnyNeedsOne) {
  EXPECT_EQ(evaluate(kAny, kDown, kUp, kOpen).health, kUp);
  EXPECT_EQ(evaluate(kAny, kDown, kDown, kOpen).health, kOpen);
  EXPECT_EQ(evaluate(kAny, kDown, kDown, kDown).health, kDown);
}

TEST(ServicePolicy, ACountNeedsThatMany) {
  EXPECT_EQ(evaluate(kTwo, kUp, kUp, kDown).health, kUp);
  EXPECT_EQ(evaluate(kTwo, kUp, kOpen, kDown).health, kOpen);
  EXPECT_EQ(evaluate(kTwo, kUp, kDown, kDown).health, kDown);
}

TEST(ServicePolicy, SaysWhy) {
  EXPECT_EQ(evaluate(kTwo, kUp, kUp, kDown).reason, "2 of 3 checks up, 2 needed");
  EXPECT_EQ(evaluate(kAll, kUp, kDown, kDown).reason, "check b: because; check c: because");
  EXPECT_EQ(evaluate(kAll, kUp, kOpen, kOpen).reason, "waiting for the first result of b; c");
}

}  // namespace
}  // namespace vipherd::core
