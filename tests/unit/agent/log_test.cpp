#include "agent/log.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string>

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

}  // namespace
}  // namespace vipherd::agent
