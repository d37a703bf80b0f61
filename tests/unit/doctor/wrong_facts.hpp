// One thing made wrong, which rules find it, and what the script does about it: all scripts of a
// test are a file of tests/golden/doctor. VIPHERD_GOLDEN=write writes it anew.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
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

/// Of the running test.
inline std::string golden_path() {
  const char* source = std::getenv("VIPHERD_SOURCE");
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  return std::string(source != nullptr ? source : ".") + "/tests/golden/doctor/" +
         test->test_suite_name() + "." + test->name() + ".sh";
}

inline void expect_scripts(const std::string& scripts) {
  const char* golden = std::getenv("VIPHERD_GOLDEN");
  const bool writes = golden != nullptr && std::string_view(golden) == "write";
  if (writes) std::ofstream(golden_path()) << scripts;
  std::ifstream file(golden_path());
  EXPECT_EQ(scripts, std::string(std::istreambuf_iterator<char>(file), {})) << golden_path();
}

/// What is said of the good host is not looked at.
inline void expect_found(const Facts& good, const std::vector<WrongCase>& cases) {
  std::set<const Rule*> usual;
  for (const Finding& finding : examine(good).findings) usual.insert(finding.rule);
  std::string scripts = "#!/bin/sh\n";
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
    const std::string script = render_script(report);
    // Without its first two lines, which are those of all.
    scripts +=
        "\n### " + one.what + "\n" + script.substr(script.find('\n', script.find('\n') + 1) + 1);
    if (!report.findings.empty()) {
      EXPECT_THAT(report.findings[0].seen, testing::HasSubstr(one.seen));
    }
  }
  expect_scripts(scripts);
}

}  // namespace vipherd::doctor
