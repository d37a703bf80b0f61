#include "vipherd/kernel/owner_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "vipherd/base/describe_errno.hpp"

namespace vipherd::kernel {
namespace {

constexpr mode_t kLockDirectoryMode = 0750;
constexpr mode_t kLockFileMode = 0600;
/// A file that is removed by its holder while we open it is made anew; more often than this no
/// process starts and ends at the same time.
constexpr int kMostAttempts = 100;

Error no_lock(const std::string& directory, const std::string& why) {
  return fail("cannot make sure that no other vipherd has the routes: " + directory + ": " + why);
}

/// An open directory into which no other user may put files, or why there is none.
Result<int> open_lock_directory(const std::string& directory) {
  if (::mkdir(directory.c_str(), kLockDirectoryMode) != 0 && errno != EEXIST) {
    return no_lock(directory, describe_errno(errno));
  }
  const int opened = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (opened < 0) return no_lock(directory, describe_errno(errno));
  struct stat status {};
  if (::fstat(opened, &status) == 0 && (status.st_mode & S_IWOTH) == 0) return opened;
  ::close(opened);
  return no_lock(directory, "everybody may write there");
}

/// nsfs gives each network namespace an inode of its own for as long as it exists (namespaces(7)).
Result<std::string> name_of_lock(std::uint8_t route_protocol, const std::string& directory) {
  struct stat status {};
  // Of the thread, not of the process: they differ where a test changes it.
  if (::stat("/proc/thread-self/ns/net", &status) != 0) {
    return no_lock(directory, "the network namespace is unknown: " + describe_errno(errno));
  }
  return {boost::system::in_place_value, "route-protocol-" + std::to_string(route_protocol) +
                                             "-netns-" + std::to_string(status.st_ino) + ".lock"};
}

/// Root's file would be closed to the agent's user, whose directory it is.
void give_to_owner(int file, int directory) {
  struct stat status {};
  if (::geteuid() != 0 || ::fstat(directory, &status) != 0) return;
  [[maybe_unused]] const int ignored = ::fchown(file, status.st_uid, status.st_gid);
}

/// Whether the name still leads to the open file.
bool leads_to(int file, int directory, const std::string& name) {
  struct stat opened {};
  struct stat there {};
  return ::fstat(file, &opened) == 0 &&
         ::fstatat(directory, name.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0 &&
         opened.st_dev == there.st_dev && opened.st_ino == there.st_ino;
}

}  // namespace

Result<std::optional<OwnerLock>> OwnerLock::take(std::uint8_t route_protocol,
                                                 const std::string& directory) {
  const auto opened = open_lock_directory(directory);
  if (!opened) return opened.error();
  OwnerLock lock(-1, *opened);
  auto name = name_of_lock(route_protocol, directory);
  if (!name) return name.error();
  const std::string path = directory + "/" + *name;
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    const int file =
        ::openat(*opened, name->c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
                 kLockFileMode);
    if (file < 0) return no_lock(path, describe_errno(errno));
    OwnerLock attempted(file, -1);
    struct stat status {};
    if (::fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
      return no_lock(path, "is no regular file");
    }
    give_to_owner(file, *opened);
    if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) return std::optional<OwnerLock>();
      return no_lock(path, describe_errno(errno));
    }
    if (!leads_to(file, *opened, *name)) continue;
    lock.descriptor_ = std::exchange(attempted.descriptor_, -1);
    lock.name_ = std::move(*name);
    return std::optional(std::move(lock));
  }
  return no_lock(path, "is replaced again and again");
}

OwnerLock::OwnerLock(OwnerLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      directory_(std::exchange(other.directory_, -1)),
      name_(std::exchange(other.name_, {})) {}

bool OwnerLock::is_in_place() const { return leads_to(descriptor_, directory_, name_); }

OwnerLock::~OwnerLock() {
  // While it is still locked: who opened it meanwhile finds it gone, and makes another.
  if (descriptor_ >= 0 && is_in_place()) ::unlinkat(directory_, name_.c_str(), 0);
  if (descriptor_ >= 0) ::close(descriptor_);
  if (directory_ >= 0) ::close(directory_);
}

}  // namespace vipherd::kernel
