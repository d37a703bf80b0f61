#include "vipherd/files/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

namespace vipherd::files {
namespace {

constexpr mode_t kMode = 0644;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }
  int operator*() const { return number_; }
  /// 0 or an errno: some file systems tell only now that a write has failed.
  int close() {
    const int closing = std::exchange(number_, -1);
    return closing < 0 || ::close(closing) == 0 ? 0 : errno;
  }

 private:
  int number_;
};

std::string in_words(int error) { return std::generic_category().message(error); }

Error cannot_read(const std::string& path, const std::string& why) {
  return fail("cannot read " + path + ": " + why);
}
Error cannot_write(const std::string& path, int error) {
  return fail("cannot write " + path + ": " + in_words(error));
}

std::string size_in_words(std::size_t bytes) {
  constexpr std::size_t kMebi = std::size_t{1} << 20;
  return bytes % kMebi == 0 ? std::to_string(bytes / kMebi) + " MiB"
                            : std::to_string(bytes / 1024) + " KiB";
}

/// Empty, or why it is not read.
std::string objection(const struct stat& status, std::size_t limit) {
  if (!S_ISREG(status.st_mode)) return "not a regular file";
  if (static_cast<std::uint64_t>(status.st_size) > limit) {
    return "larger than " + size_in_words(limit);
  }
  return "";
}

/// A descriptor, or -1 if there is no such file.
Result<int> open_to_read(const std::string& path, std::size_t limit) {
  struct stat status {};
  // Before it is opened: to open a device can do something, and a FIFO's writer would notice.
  if (::stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return -1;
    return cannot_read(path, in_words(errno));
  }
  if (const auto why = objection(status, limit); !why.empty()) return cannot_read(path, why);
  const int file = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (file < 0) return cannot_read(path, in_words(errno));
  // Another one may have taken its place.
  const bool looked = ::fstat(file, &status) == 0;
  const std::string why = looked ? objection(status, limit) : in_words(errno);
  if (why.empty()) return file;
  ::close(file);
  return cannot_read(path, why);
}

/// 0 or an errno.
int write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t size = ::write(file, text.data(), text.size());
    if (size < 0 && errno != EINTR) return errno;
    if (size > 0) text.remove_prefix(static_cast<std::size_t>(size));
  }
  return 0;
}

/// A file of its own, with these bytes on the disk.
Result<void> write_synced(const std::string& path, const std::string& text) {
  // Left by a writer that was killed; whatever else bears this name makes the next call fail.
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode)) ::unlink(path.c_str());
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kMode));
  if (*file < 0) return cannot_write(path, errno);
  int error = write_all(*file, text);
  if (error == 0 && ::fsync(*file) != 0) error = errno;
  const int closing = file.close();
  if (error == 0) error = closing;
  if (error == 0) return {};
  ::unlink(path.c_str());
  return cannot_write(path, error);
}

/// Only then a rename outlives the machine.
Result<void> sync_directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string directory = slash == path.npos ? "." : path.substr(0, slash + 1);
  const Descriptor opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (*opened < 0 || ::fsync(*opened) != 0) {
    // EINVAL: a file system that does not know how, and so has nothing to lose.
    if (errno != EINVAL) return cannot_write(path, errno);
  }
  return {};
}

}  // namespace

Result<std::optional<std::string>> read_if_there(const std::string& path, std::size_t limit) {
  const auto opened = open_to_read(path, limit);
  if (!opened) return opened.error();
  if (*opened < 0) return std::optional<std::string>();
  const Descriptor file(*opened);
  std::string text;
  std::array<char, 16384> piece;  // NOLINT: filled by the read
  for (;;) {
    const ssize_t size = ::read(*file, piece.data(), piece.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return cannot_read(path, in_words(errno));
    if (size == 0) return std::optional(std::move(text));
    text.append(piece.data(), static_cast<std::size_t>(size));
    if (text.size() > limit) return cannot_read(path, "larger than " + size_in_words(limit));
  }
}

Result<std::string> read(const std::string& path, std::size_t limit) {
  auto text = read_if_there(path, limit);
  if (!text) return text.error();
  if (!*text) return cannot_read(path, in_words(ENOENT));
  return {boost::system::in_place_value, std::move(**text)};
}

Result<void> check_readable(const std::string& path, std::size_t limit) {
  const auto opened = open_to_read(path, limit);
  if (!opened) return opened.error();
  if (*opened < 0) return cannot_read(path, in_words(ENOENT));
  ::close(*opened);
  return {};
}

Result<void> replace(const std::string& named, const std::string& text) {
  std::error_code error_of_path;
  const std::string path = std::filesystem::weakly_canonical(named, error_of_path).string();
  if (error_of_path) return cannot_write(named, error_of_path.value());
  struct stat status {};
  // A device is not ours to remove, however it came to be named here: /dev/null, say.
  if (::lstat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    return fail("cannot write " + named + ": not a regular file");
  }
  const std::string fresh = path + ".new";
  if (auto written = write_synced(fresh, text); !written) return written;
  if (std::rename(fresh.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(fresh.c_str());
    return cannot_write(path, error);
  }
  return sync_directory_of(path);
}

Result<void> append(const std::string& path, std::string_view text) {
  constexpr mode_t kPrivate = 0640;
  struct stat status {};
  // Before it is opened: to open a device can do something.
  if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    return fail("cannot write " + path + ": not a regular file");
  }
  Descriptor file(::open(
      path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, kPrivate));
  if (*file < 0) return cannot_write(path, errno);
  int error = ::fstat(*file, &status) != 0 ? errno : 0;
  if (error == 0 && !S_ISREG(status.st_mode)) error = EINVAL;
  if (error == 0) error = write_all(*file, text);
  const int closing = file.close();
  if (error == 0) error = closing;
  return error == 0 ? Result<void>() : cannot_write(path, error);
}

}  // namespace vipherd::files
