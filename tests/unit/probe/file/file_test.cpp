#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit/files/frozen_files.hpp"
#include "unit/probe/probe_fixture.hpp"
#include "unit/temporary_directory.hpp"
#include "vipherd/probe/kinds.hpp"

namespace vipherd::probe::file {
namespace {

using model::ProbeResult;
using model::Settings;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class FileProbeTest : public testing::ProbeTest {
 protected:
  /// A file that was written that long ago.
  std::string file_of_age(Duration age) const {
    const std::string path = directory_.write("file", "x");
    const auto written = std::chrono::system_clock::now().time_since_epoch() - age;
    const timespec time{std::chrono::duration_cast<seconds>(written).count(), 0};
    const timespec times[] = {time, time};
    EXPECT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
    return path;
  }
  ProbeResult look_at_date(std::int64_t date, Duration limit) {
    const std::string path = directory_.write("file", "x");
    const timespec time{date, 0};
    const timespec times[] = {time, time};
    EXPECT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
    return run("file", {{"path", path}, {"fresher_than", limit}});
  }
  ProbeResult look(Duration age, Duration limit) {
    return run("file", {{"path", file_of_age(age)}, {"fresher_than", limit}});
  }
  test::TemporaryDirectory directory_;
  const std::string missing_ = directory_.path("missing");
};

TEST_F(FileProbeTest, ADateBeyondEveryClockIsInTheFuture) {
  // Some file systems end in 2446, and nanoseconds in 2262.
  const auto result = look_at_date(std::int64_t{10'000'000'000}, minutes(5));
  EXPECT_FALSE(result.pass) << result.reason;
  EXPECT_NE(result.reason.find("days in the future"), std::string::npos) << result.reason;
}

TEST_F(FileProbeTest, Exists) {
  const std::string path = directory_.write("file", "");
  ProbeResult result = run("file", {{"path", path}});
  EXPECT_TRUE(result.pass);
  EXPECT_EQ(result.reason, path + " exists");
  result = run("file", {{"path", missing_}, {"state", std::string("exists")}});
  EXPECT_FALSE(result.pass);
  EXPECT_EQ(result.reason, missing_ + " does not exist");
  EXPECT_EQ(result.failure, model::Failure::failed);
  // A file is no directory.
  EXPECT_EQ(run("file", {{"path", path + "/x"}}).reason, path + "/x does not exist");
}

TEST_F(FileProbeTest, Absent) {
  const std::string path = directory_.write("maintenance", "");
  ProbeResult result = run("file", {{"path", path}, {"state", std::string("absent")}});
  EXPECT_FALSE(result.pass);
  EXPECT_EQ(result.reason, path + " exists");
  result = run("file", {{"path", missing_}, {"state", std::string("absent")}});
  EXPECT_TRUE(result.pass);
  EXPECT_EQ(result.reason, missing_ + " does not exist");
}

TEST_F(FileProbeTest, FreshOrOld) {
  const std::string path = directory_.path("file");
  EXPECT_TRUE(look(minutes(3), minutes(10)).pass);
  EXPECT_EQ(look(minutes(3) + seconds(10), minutes(10)).reason, path + " is 3 min old");
  const ProbeResult old = look(minutes(3) + seconds(10), minutes(1));
  EXPECT_FALSE(old.pass);
  EXPECT_EQ(old.reason, path + " is 3 min old, expected at most 1 min");
  EXPECT_EQ(look(hours(40) + minutes(5), seconds(90)).reason,
            path + " is 40 h old, expected at most 90 s");
  EXPECT_EQ(look(hours(24 * 9 + 1), hours(36)).reason,
            path + " is 9 days old, expected at most 36 h");
  EXPECT_EQ(run("file", {{"path", missing_}, {"fresher_than", Duration(minutes(1))}}).reason,
            missing_ + " does not exist");
}

TEST_F(FileProbeTest, ADateInTheFutureDoesNotHoldForEver) {
  EXPECT_TRUE(look(-seconds(20), minutes(1)).pass);
  const ProbeResult result = look(-hours(5) - minutes(1), minutes(1));
  EXPECT_FALSE(result.pass);
  EXPECT_EQ(result.reason, directory_.path("file") + " is dated 5 h in the future");
}

TEST_F(FileProbeTest, WhatCannotBeLookedAtSaysNothing) {
  const std::string loop = directory_.path("loop");
  ASSERT_EQ(::symlink(loop.c_str(), loop.c_str()), 0);
  for (const char* state : {"exists", "absent"}) {
    const ProbeResult result = run("file", {{"path", loop}, {"state", std::string(state)}});
    EXPECT_FALSE(result.pass);
    EXPECT_EQ(result.failure, model::Failure::not_run);
    EXPECT_EQ(result.reason, "the check could not run: cannot look at " + loop +
                                 ": Too many levels of symbolic links");
  }
}

TEST_F(FileProbeTest, AFileSystemThatDoesNotAnswerIsAFailureAndHoldsUpNothing) {
  test::FrozenFiles frozen;
  if (!frozen.exist()) GTEST_SKIP() << "this kernel or this user has no FUSE";
  const std::string path = frozen.path("file");
  for (const char* state : {"exists", "absent"}) {
    const ProbeResult result =
        run("file", {{"path", path}, {"state", std::string(state)}}, milliseconds(1100));
    EXPECT_FALSE(result.pass);
    EXPECT_EQ(result.failure, model::Failure::failed);
    EXPECT_THAT(result.reason,
                ::testing::AnyOf("no answer from the file system of " + path + " within 1.1 s",
                                 "the file system of " + path + " does not answer"));
  }
  EXPECT_TRUE(run("file", {{"path", directory_.write("file", "")}}).pass) << "the others go on";
  prober_.reset();  // does not wait for it
}

TEST(FileSettings, AreJudged) {
  const auto errors_of = [](const Settings& given) { return testing::refused("file", given); };
  const std::string path = "/run/x";
  const Settings good[] = {
      {{"path", path}},
      {{"path", path}, {"state", std::string("absent")}},
      {{"path", path}, {"state", std::string("exists")}, {"fresher_than", Duration(1)}}};
  for (const Settings& settings : good) EXPECT_THAT(errors_of(settings), ::testing::IsEmpty());
  const std::pair<Settings, std::string> bad[] = {
      {{{"path", std::string("run/x")}}, "path"},
      {{{"path", std::string()}}, "path"},
      {{{"path", std::string("/a\0b", 4)}}, "path"},
      {{{"path", path}, {"state", std::string("there")}}, "state"},
      {{{"path", path}, {"fresher_than", Duration(0)}}, "fresher_than"},
      {{{"path", path}, {"state", std::string("absent")}, {"fresher_than", Duration(1)}},
       "fresher_than"},
  };
  for (const auto& [settings, key] : bad) {
    const auto errors = errors_of(settings);
    ASSERT_EQ(errors.size(), 1u) << key;
    EXPECT_EQ(errors[0].key, key);
  }
}

}  // namespace
}  // namespace vipherd::probe::file
