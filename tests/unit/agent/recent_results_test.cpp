#include "agent/recent_results.hpp"

#include <gtest/gtest.h>

namespace vipherd::agent {
namespace {

using namespace std::chrono_literals;
using Recent = model::CheckStatus::Recent;

const model::CheckId kCheck{"web", "http"};

std::vector<Recent> shown(const RecentResults& results) {
  model::Status status;
  status.services.emplace_back().name = kCheck.service;
  status.services[0].checks.emplace_back().name = kCheck.check;
  results.show_in(status);
  return status.services[0].checks[0].recent;
}

TEST(RecentResults, AreTheLastThirtyOldestFirst) {
  RecentResults results;
  EXPECT_TRUE(shown(results).empty());
  for (int number = 1; number <= 31; ++number) results.add(kCheck, {true, "", number * 1ms});
  const std::vector<Recent> all = shown(results);
  ASSERT_EQ(all.size(), 30U);
  EXPECT_EQ(all.front(), (Recent{true, 2ms}));
  EXPECT_EQ(all.back(), (Recent{true, 31ms}));
}

TEST(RecentResults, KeepMicroseconds) {
  RecentResults results;
  results.add(kCheck, {false, "no", 1234567ns});
  results.add(kCheck, {true, "", 24h});
  EXPECT_EQ(shown(results), (std::vector<Recent>{{false, 1234us}, {true, 2147483647us}}));
}

TEST(RecentResults, AreForgottenWithTheirCheck) {
  RecentResults results;
  results.add(kCheck, {true, "", 1ms});
  results.keep_only({});
  EXPECT_TRUE(shown(results).empty());
}

}  // namespace
}  // namespace vipherd::agent
