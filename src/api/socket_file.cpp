#include "api/socket_file.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "vipherd/base/assert.hpp"

namespace vipherd::api {
namespace {

constexpr mode_t kSocketMode = 0660;
constexpr mode_t kDirectoryMode = 0750;

Error failure(const std::string& path, const std::string& why) {
  return fail("cannot listen on " + path + ": " + why);
}

/// Within it new files have this mode, whatever the process's umask is: between bind and a chmod
/// another program could connect.
class ModeOfNewFiles {
 public:
  explicit ModeOfNewFiles(mode_t mode) : before_(::umask(0777 & ~mode)) {}
  ~ModeOfNewFiles() { ::umask(before_); }
  ModeOfNewFiles(const ModeOfNewFiles&) = delete;
  ModeOfNewFiles& operator=(const ModeOfNewFiles&) = delete;

 private:
  mode_t before_;
};

/// What is at the path before we are.
enum class Found { nothing, abandoned, listener, other };

Found look(int descriptor, const sockaddr_un& address) {
  struct stat status {};
  if (::lstat(address.sun_path, &status) != 0) return Found::nothing;
  if (!S_ISSOCK(status.st_mode)) return Found::other;
  const bool refused =
      ::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
      errno == ECONNREFUSED;
  return refused ? Found::abandoned : Found::listener;
}

/// Empty, or why the directory is not there.
std::string make_directory_of(const std::string& path) {
  const std::string directory = path.substr(0, path.rfind('/'));
  if (directory.empty()) return "";
  const ModeOfNewFiles mode(kDirectoryMode);
  if (::mkdir(directory.c_str(), kDirectoryMode) == 0 || errno == EEXIST) return "";
  return "the directory " + directory + " cannot be made: " + std::strerror(errno);
}

/// Empty, or what keeps the path from being bound.
std::string make_room(int descriptor, const sockaddr_un& address) {
  switch (look(descriptor, address)) {
    case Found::nothing:
      return "";
    case Found::abandoned:
      return ::unlink(address.sun_path) == 0 ? "" : std::strerror(errno);
    case Found::listener:
      return "another program listens there";
    case Found::other:
      return "there is something that is no socket";
  }
  return "";
}

}  // namespace

Result<SocketFile> SocketFile::listen(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return failure(path, "no path that a socket can have");
  }
  path.copy(address.sun_path, path.size());
  std::string obstacle = make_directory_of(path);
  if (!obstacle.empty()) return failure(path, obstacle);
  SocketFile file(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (file.descriptor_ < 0) return failure(path, std::strerror(errno));
  obstacle = make_room(file.descriptor_, address);
  if (!obstacle.empty()) return failure(path, obstacle);
  const ModeOfNewFiles mode(kSocketMode);
  if (::bind(file.descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return failure(path, std::strerror(errno));
  }
  file.own(path);
  if (::listen(file.descriptor_, SOMAXCONN) != 0) return failure(path, std::strerror(errno));
  return {boost::system::in_place_value, std::move(file)};
}

void SocketFile::own(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return;
  path_ = path;
  device_ = status.st_dev;
  inode_ = status.st_ino;
}

SocketFile::SocketFile(SocketFile&& other) noexcept
    : path_(std::exchange(other.path_, {})),
      descriptor_(std::exchange(other.descriptor_, -1)),
      device_(other.device_),
      inode_(other.inode_) {}

bool SocketFile::is_there() const {
  struct stat status {};
  return !path_.empty() && ::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ &&
         status.st_ino == inode_;
}

SocketFile::~SocketFile() {
  if (is_there()) ::unlink(path_.c_str());
  if (descriptor_ >= 0) ::close(descriptor_);
}

int SocketFile::release_descriptor() {
  VIPHERD_ASSERT(descriptor_ >= 0);
  return std::exchange(descriptor_, -1);
}

}  // namespace vipherd::api
