#include "api/socket_file.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "client.hpp"
#include "unit/temporary_directory.hpp"

namespace vipherd::api {
namespace {

using test::Client;

mode_t mode_of(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
  return status.st_mode & 0777;
}

class SocketFileTest : public testing::Test {
 protected:
  bool is_listened_to() const { return Client({.path = path_}).connected(); }
  std::string complaint(const std::string& path) const {
    const auto file = SocketFile::listen(path);
    return file ? "" : file.error().what;
  }

  const vipherd::test::TemporaryDirectory folder_;
  const std::string path_ = folder_.path("control.sock");
};

TEST_F(SocketFileTest, IsForTheUserAndTheGroupWhateverTheUmask) {
  const mode_t before = ::umask(0077);
  const auto strict = SocketFile::listen(path_);
  ::umask(0);
  const auto lax = SocketFile::listen(folder_.path("other.sock"));
  const mode_t kept = ::umask(before);
  ASSERT_TRUE(strict && lax);
  EXPECT_EQ(mode_of(path_), 0660u);
  EXPECT_EQ(mode_of(folder_.path("other.sock")), 0660u);
  EXPECT_EQ(kept, 0u);
  EXPECT_TRUE(is_listened_to());
}

TEST_F(SocketFileTest, LeavesNoFileBehind) {
  ASSERT_TRUE(SocketFile::listen(path_));
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(SocketFileTest, MakesTheDirectory) {
  const std::string path = folder_.path("run/control.sock");
  const auto file = SocketFile::listen(path);
  ASSERT_TRUE(file) << file.error().what;
  EXPECT_EQ(mode_of(folder_.path("run")), 0750u);
}

TEST_F(SocketFileTest, ReplacesTheSocketOfADeadAgent) {
  auto dead = SocketFile::listen(path_);
  ASSERT_TRUE(dead);
  ::close(dead->release_descriptor());
  ASSERT_TRUE(std::filesystem::exists(path_));
  ASSERT_FALSE(is_listened_to());
  const auto file = SocketFile::listen(path_);
  ASSERT_TRUE(file) << file.error().what;
  EXPECT_TRUE(is_listened_to());
}

TEST_F(SocketFileTest, DoesNotStealTheSocketOfALivingOne) {
  const auto living = SocketFile::listen(path_);
  ASSERT_TRUE(living);
  EXPECT_EQ(complaint(path_), "cannot listen on " + path_ + ": another program listens there");
  EXPECT_TRUE(is_listened_to());
}

TEST_F(SocketFileTest, RemovesNothingThatIsNotItsOwn) {
  {
    const auto file = SocketFile::listen(path_);
    ASSERT_TRUE(file);
    // Renamed in: made beside it, the new file cannot have got its number.
    folder_.write("other", "another program's");
    std::filesystem::rename(folder_.path("other"), path_);
  }
  EXPECT_TRUE(std::filesystem::is_regular_file(path_));
  EXPECT_EQ(complaint(path_),
            "cannot listen on " + path_ + ": there is something that is no socket");
  EXPECT_TRUE(std::filesystem::is_regular_file(path_));
}

TEST_F(SocketFileTest, SaysWhyThereIsNone) {
  EXPECT_EQ(
      complaint("/proc/no/control.sock"),
      "cannot listen on /proc/no/control.sock: the directory /proc/no cannot be made: No such "
      "file or directory");
  EXPECT_EQ(complaint(folder_.write("file", "") + "/control.sock"),
            "cannot listen on " + folder_.path("file/control.sock") + ": Not a directory");
  const std::string longer(200, 'x');
  EXPECT_EQ(complaint("/" + longer),
            "cannot listen on /" + longer + ": no path that a socket can have");
}

}  // namespace
}  // namespace vipherd::api
