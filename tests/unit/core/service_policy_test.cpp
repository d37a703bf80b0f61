#include "core/service_policy.hpp"

#include <gtest/gtest.h>

namespace vipherd::core {
namespace {

using model::Needs;

CheckState decided(Verdict verdict) {
  CheckState check;
  check.verdict = verdict;
  check.fresh = verdict == Verdict::undecided;
  check.cause.why = "because";
  return check;
}

Opinion judge(Needs needs, Verdict a, Verdict b, Verdict c) {
  const CheckState first = decided(a);
  const CheckState second = decided(b);
  const CheckState third = decided(c);
  return judge_service(needs, {{"a", &first}, {"b", &second}, {"c", &third}});
}

constexpr Verdict kUp = Verdict::up;
constexpr Verdict kDown = Verdict::down;
constexpr Verdict kOpen = Verdict::undecided;
constexpr Needs kAll{Needs::Mode::all, 0};
constexpr Needs kAny{Needs::Mode::any, 0};
constexpr Needs kTwo{Needs::Mode::count, 2};

TEST(ServicePolicy, AllNeedsEveryCheck) {
  EXPECT_EQ(judge(kAll, kUp, kUp, kUp).verdict, kUp);
  EXPECT_EQ(judge(kAll, kUp, kDown, kUp).verdict, kDown);
  EXPECT_EQ(judge(kAll, kOpen, kDown, kOpen).verdict, kDown);
  EXPECT_EQ(judge(kAll, kUp, kUp, kOpen).verdict, kOpen);
}

TEST(ServicePolicy, AnyNeedsOne) {
  EXPECT_EQ(judge(kAny, kDown, kUp, kOpen).verdict, kUp);
  EXPECT_EQ(judge(kAny, kDown, kDown, kOpen).verdict, kOpen);
  EXPECT_EQ(judge(kAny, kDown, kDown, kDown).verdict, kDown);
}

TEST(ServicePolicy, ACountNeedsThatMany) {
  EXPECT_EQ(judge(kTwo, kUp, kUp, kDown).verdict, kUp);
  EXPECT_EQ(judge(kTwo, kUp, kOpen, kDown).verdict, kOpen);
  EXPECT_EQ(judge(kTwo, kUp, kDown, kDown).verdict, kDown);
}

TEST(ServicePolicy, SaysWhy) {
  EXPECT_EQ(judge(kTwo, kUp, kUp, kDown).why, "2 of 3 checks up, 2 needed");
  EXPECT_EQ(judge(kAll, kUp, kDown, kDown).why, "check b: because; check c: because");
  EXPECT_EQ(judge(kAll, kUp, kOpen, kOpen).why, "waiting for the first result of b; c");
}

}  // namespace
}  // namespace vipherd::core
