#include "agent/log.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string>

#include "agent/log_lines.hpp"

namespace vipherd::agent {
namespace {

/// What a line leaves on standard error.
std::string written_with(const std::string& journal_stream) {
  ::setenv("JOURNAL_STREAM", journal_stream.c_str(), 1);
  start_log(model::LogLevel::info);
  log(model::LogLevel::info, "a test of vipherd's log");
  ::unsetenv("JOURNAL_STREAM");
  EXPECT_TRUE(end_log(std::chrono::seconds(10)));
  return ::testing::internal::GetCapturedStderr();
}

TEST(Log, IgnoresAnInheritedJournalStream) {
  ::testing::internal::CaptureStderr();
  EXPECT_THAT(written_with("8:1"), ::testing::EndsWith("a test of vipherd's log\n"));
}

TEST(Log, WritesToTheJournalIfStandardErrorIsIt) {
  ::testing::internal::CaptureStderr();
  struct stat file {};
  ASSERT_EQ(::fstat(STDERR_FILENO, &file), 0);
  EXPECT_EQ(written_with(std::to_string(file.st_dev) + ":" + std::to_string(file.st_ino)), "");
}

const LogLine kLine{WallTime(std::chrono::milliseconds(1'800'000'000'250)),
                    model::LogLevel::warning, "check web/http down: status 500",
                    model::StateChange{.kind = model::StateChange::Kind::check,
                                       .service = "web",
                                       .check = "http",
                                       .state = "down",
                                       .by = "alice"}};

TEST(Log, AsJsonIsAnObjectALine) {
  ::testing::internal::CaptureStderr();
  start_log(model::LogLevel::info, LogFormat::json);
  log(model::LogLevel::info, "two\nlines", kLine.change);
  EXPECT_TRUE(end_log(std::chrono::seconds(10)));
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              ::testing::MatchesRegex("[{]\"at\":\"[-0-9T:.]*Z\",\"level\":\"info\",.*"
                                      "\"service\":\"web\".*\"text\":\"two lines\"[}]\n"));
  EXPECT_EQ(
      as_json(kLine),
      R"({"at":"2027-01-15T08:00:00.250Z","level":"warning","kind":"check","state":"down",)"
      R"("service":"web","check":"http","by":"alice","text":"check web/http down: status 500"})");
}

TEST(Log, GivesTheJournalFields) {
  EXPECT_THAT(journal_fields(kLine),
              ::testing::UnorderedElementsAre(
                  "MESSAGE=check web/http down: status 500", "PRIORITY=4",
                  "SYSLOG_IDENTIFIER=vipherd", "VIPHERD_EVENT=check", "VIPHERD_STATE=down",
                  "MESSAGE_ID=a06fe92137204961858ea1d5a47e66d0", "VIPHERD_SERVICE=web",
                  "VIPHERD_CHECK=http", "VIPHERD_BY=alice"));
  EXPECT_THAT(
      journal_fields({{}, model::LogLevel::info, "text"}),
      ::testing::UnorderedElementsAre("MESSAGE=text", "PRIORITY=6", "SYSLOG_IDENTIFIER=vipherd"));
}

}  // namespace
}  // namespace vipherd::agent
