#include "probe/exec/result.hpp"

#include <gmock/gmock.h>

namespace vipherd::probe::exec {
namespace {

TEST(FirstLine, IsTrimmedAndFitToBePrinted) {
  EXPECT_EQ(first_line(""), "");
  EXPECT_EQ(first_line("\n \t\r\n\n"), "");
  EXPECT_EQ(first_line("  OK - all well \r\nmore"), "OK - all well");
  EXPECT_EQ(first_line("\n\nsecond"), "second");
  EXPECT_EQ(first_line("a\tb\x1b[31mc\x7f"), "a b [31mc");
  EXPECT_EQ(first_line(std::string_view("a\0b", 3)), "a b");
}

TEST(FirstLine, EndsWherePerformanceDataBegin) {
  EXPECT_EQ(first_line("OK - 3 ms |time=0.003s"), "OK - 3 ms");
  EXPECT_EQ(first_line("|time=0.003s\nsecond"), "second");
}

TEST(FirstLine, IsUtf8) {
  EXPECT_EQ(first_line("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80"),
            "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80");
  // Cut short, alone, overlong, a surrogate, above the last character, a C1 control.
  for (const char* bad : {"\xc3", "\xbc", "\xff", "\xe2\x82"}) {
    EXPECT_THAT(first_line(std::string("a") + bad + "b"), ::testing::MatchesRegex("a\\?+b")) << bad;
  }
  EXPECT_EQ(first_line("\xc0\xaf"), "??");
  EXPECT_EQ(first_line("\xe0\x80\xaf"), "???");
  EXPECT_EQ(first_line("\xed\xa0\x80"), "???");
  EXPECT_EQ(first_line("\xf4\x90\x80\x80"), "????");
  EXPECT_EQ(first_line("\xc2\x9b"), "??");
}

TEST(FirstLine, IsBounded) {
  EXPECT_EQ(first_line(std::string(5000, 'x')), std::string(200, 'x'));
  // Not in the middle of a character.
  std::string line(199, 'x');
  EXPECT_EQ(first_line(line + "\xc3\xbc"), line);
}

struct End {
  int exit_code;
  int signal;
  const char* output;
  bool warning_passes;
  Outcome expected;
};

TEST(EvaluateExec, FollowsThePluginsConvention) {
  const End ends[] = {
      {0, 0, "OK - fine\n", false, {true, "OK - fine"}},
      {0, 0, "", false, {true, "check ended with exit code 0"}},
      {1, 0, "WARNING - load", false, {false, "check ended with exit code 1: WARNING - load"}},
      {2, 0, "CRITICAL - x", true, {false, "check ended with exit code 2: CRITICAL - x"}},
      {3, 0, "UNKNOWN", true, {false, "check ended with exit code 3: UNKNOWN"}},
      {77, 0, "", true, {false, "check ended with exit code 77"}},
      {0, 11, "", true, {false, "check was killed by SIGSEGV"}},
      {0, 9, "so far", true, {false, "check was killed by SIGKILL: so far"}},
      {0, 40, "", false, {false, "check was killed by signal 40"}},
  };
  for (const End& end : ends) {
    const Outcome outcome =
        evaluate_exec({.not_started = {}, .exit_code = end.exit_code, .signal = end.signal},
                      end.output, "check", end.warning_passes);
    EXPECT_EQ(outcome.reason, end.expected.reason);
    EXPECT_EQ(outcome.pass, end.expected.pass) << outcome.reason;
    EXPECT_EQ(outcome.failure, model::Failure::failed) << outcome.reason;
    EXPECT_EQ(outcome.warning, "") << outcome.reason;
  }
}

TEST(EvaluateExec, AWarningThatPassesWarns) {
  const Outcome outcome =
      evaluate_exec({.not_started = {}, .exit_code = 1}, "WARNING - load", "check", true);
  EXPECT_TRUE(outcome.pass);
  EXPECT_EQ(outcome.reason, "check ended with exit code 1: WARNING - load");
  EXPECT_EQ(outcome.warning, outcome.reason);
}

TEST(EvaluateExec, AProgramThatDidNotStartCouldNotRun) {
  const Outcome outcome = evaluate_exec(
      {.not_started = "cannot start /x: Exec format error", .exit_code = 127}, "", "x", true);
  EXPECT_FALSE(outcome.pass);
  EXPECT_EQ(outcome.failure, model::Failure::not_run);
  EXPECT_EQ(outcome.reason, "the check could not run: cannot start /x: Exec format error");
}

}  // namespace
}  // namespace vipherd::probe::exec
