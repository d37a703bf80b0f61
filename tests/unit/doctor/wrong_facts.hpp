// One thing made wrong, and which rules find it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "unit/doctor/good_facts.hpp"

namespace vipherd::doctor {

struct WrongCase {
  std::string what;
  std::function<void(Facts&)> make_wrong;
  std::vector<std::string> found{};            ///< ids, in order
  Certainty certainty = Certainty::looked_up;  ///< of all of them
  std::string seen{};                          ///< part of what the first one says
};

/// Replaces a part of a daemon's running configuration.
inline auto edit(const char* daemon, const char* old, const char* fresh) {
  return [=](Facts& facts) { replace(facts, daemon, old, fresh); };
}

/// What is said of the good host is not looked at.
inline void expect_found(const Facts& good, const std::vector<WrongCase>& cases) {
  std::set<const Rule*> usual;
  for (const Finding& finding : examine(good).findings) usual.insert(finding.rule);
  for (const WrongCase& one : cases) {
    SCOPED_TRACE(one.what);
    Facts facts = good;
    one.make_wrong(facts);
    std::vector<std::string> ids;
    std::string all;
    Report report = examine(facts);
    std::erase_if(report.findings, [&](const Finding& one) { return usual.contains(one.rule); });
    for (const Finding& finding : report.findings) {
      ids.emplace_back(finding.rule->id);
      all += finding.seen + "\n";
      EXPECT_EQ(finding.certainty, one.certainty) << finding.rule->id;
    }
    EXPECT_EQ(ids, one.found) << all;
    if (!report.findings.empty()) {
      EXPECT_THAT(report.findings[0].seen, testing::HasSubstr(one.seen));
    }
  }
}

}  // namespace vipherd::doctor
