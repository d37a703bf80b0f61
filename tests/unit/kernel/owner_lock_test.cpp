#include "vipherd/kernel/owner_lock.hpp"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <filesystem>
#include <utility>

#include "unit/kernel/net_namespace.hpp"
#include "unit/temporary_directory.hpp"

namespace vipherd::kernel {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class OwnerLockTest : public ::testing::Test {
 protected:
  Result<std::optional<OwnerLock>> take(std::uint8_t route_protocol) const {
    return OwnerLock::take(route_protocol, directory_);
  }
  bool is_free(std::uint8_t route_protocol) const {
    const auto lock = take(route_protocol);
    EXPECT_TRUE(lock) << lock.error().what;
    return lock && lock->has_value();
  }
  std::string refusal() const {
    const auto lock = take(118);
    return lock ? "" : lock.error().what;
  }
  /// The one file there.
  std::string lock_file() const { return fs::directory_iterator(directory_)->path().string(); }

  const testing::NetNamespace network_;
  const test::TemporaryDirectory folder_;
  const std::string directory_ = folder_.path("run");
};

TEST_F(OwnerLockTest, IsOneForEachProtocolNumber) {
  const auto held = take(118);
  ASSERT_TRUE(held && *held);
  EXPECT_FALSE(is_free(118));
  EXPECT_TRUE(is_free(11));  // no prefix of the name counts
  EXPECT_TRUE(is_free(119));
}

TEST_F(OwnerLockTest, IsOneForEachNetworkNamespaceAlsoInOneDirectory) {
  const auto held = take(118);
  ASSERT_TRUE(held && *held);
  const testing::NetNamespace another;
  EXPECT_TRUE(is_free(118));
}

TEST_F(OwnerLockTest, IsFreeWhenItsHolderHasGoneAndLeavesNoFile) {
  {
    auto held = take(118);
    ASSERT_TRUE(held && *held);
    const OwnerLock moved = std::move(**held);
    EXPECT_TRUE(moved.is_in_place());
    EXPECT_FALSE(is_free(118));
  }
  EXPECT_TRUE(fs::is_empty(directory_));
  EXPECT_TRUE(is_free(118));
}

TEST_F(OwnerLockTest, IsFreeWhenItsHolderWasKilledThoughTheFileStays) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto held = take(118);
    const char taken = held && *held ? 'y' : 'n';
    if (::write(ready[1], &taken, 1) == 1) ::pause();
    ::_exit(1);
  }
  char taken = 'n';
  EXPECT_EQ(::read(ready[0], &taken, 1), 1);
  EXPECT_EQ(taken, 'y');
  EXPECT_FALSE(is_free(118));
  EXPECT_EQ(::kill(child, SIGKILL), 0);
  EXPECT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_FALSE(fs::is_empty(directory_));
  EXPECT_TRUE(is_free(118));
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(OwnerLockTest, CannotBeTakenAwayByTheNameOfASocket) {
  // Any user can bind a name in the abstract namespace of UNIX sockets.
  const int squatter = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = "vipherd/route-protocol/118";
  name.copy(address.sun_path + 1, name.size());
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  ASSERT_EQ(::bind(squatter, reinterpret_cast<const sockaddr*>(&address), length), 0);
  EXPECT_TRUE(is_free(118));
  ::close(squatter);
}

TEST_F(OwnerLockTest, IsOnlyForWhoMayWriteThere) {
  const auto held = take(118);
  ASSERT_TRUE(held && *held);
  EXPECT_EQ(fs::status(directory_).permissions() & fs::perms::others_all, fs::perms::none);
  EXPECT_EQ(fs::status(lock_file()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(OwnerLockTest, BelongsToTheDirectorysOwnerWhoeverMadeIt) {
  constexpr uid_t kNobody = 65534;
  ASSERT_TRUE(fs::create_directory(directory_));
  ASSERT_EQ(::chown(directory_.c_str(), kNobody, kNobody), 0);
  const auto held = take(118);
  ASSERT_TRUE(held && *held);
  struct stat status {};
  ASSERT_EQ(::stat(lock_file().c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, kNobody);
}

TEST_F(OwnerLockTest, IsNeverTakenWhereEverybodyMayWrite) {
  ASSERT_TRUE(fs::create_directory(directory_));
  fs::permissions(directory_, fs::perms::all);
  EXPECT_EQ(refusal(), "cannot make sure that no other vipherd has the routes: " + directory_ +
                           ": everybody may write there");
}

TEST_F(OwnerLockTest, FollowsNoSymbolicLink) {
  ASSERT_TRUE(fs::create_directory(folder_.path("elsewhere")));
  fs::create_directory_symlink(folder_.path("elsewhere"), directory_);
  EXPECT_THAT(refusal(), HasSubstr("Not a directory"));
  fs::remove(directory_);
  std::string file;
  {
    const auto held = take(118);
    ASSERT_TRUE(held && *held);
    file = lock_file();
  }
  const std::string target = folder_.write("target", "");
  fs::create_symlink(target, file);
  EXPECT_THAT(refusal(), HasSubstr("symbolic links"));
}

TEST_F(OwnerLockTest, SaysThatThereIsNoPlaceForIt) {
  const auto lock = OwnerLock::take(118, folder_.path("none/run"));
  ASSERT_FALSE(lock);
  EXPECT_THAT(lock.error().what, HasSubstr("none/run: No such file or directory"));
}

TEST_F(OwnerLockTest, NoticesThatItsFileWasRemovedAndLeavesAnothersAlone) {
  auto held = take(118);
  ASSERT_TRUE(held && *held);
  fs::remove(lock_file());
  EXPECT_FALSE((*held)->is_in_place());
  const auto second = take(118);
  ASSERT_TRUE(second && *second);
  { const OwnerLock gone = std::move(**held); }
  EXPECT_TRUE((*second)->is_in_place());
}

}  // namespace
}  // namespace vipherd::kernel
