#include "watch/directory_changes.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>
#include <tuple>

#include "vipherd/probe/one_of_loop.hpp"

namespace vipherd::watch {
namespace {

namespace asio = boost::asio;
using asio::posix::stream_descriptor;

/// Writing as well as its end: some keep the file open as long as they run. The same for every
/// directory, since inotify has one mask for all who watch the same one.
constexpr std::uint32_t kDirectoryEvents = IN_CREATE | IN_MOVED_TO | IN_MODIFY | IN_CLOSE_WRITE |
                                           IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
/// A directory in which others write all the time must not keep the loop busy: this much is read,
/// then it rests.
constexpr std::size_t kEventsAtOnce = std::size_t{32} << 10;
constexpr auto kBetweenReads = std::chrono::milliseconds(1);

}  // namespace

/// One who watches: takes itself off the list, and the last of a directory inotify's watch as well.
struct DirectoryChanges::Watched {
  Watched(std::shared_ptr<DirectoryChanges> all, int in, const std::string& name,
          std::function<void()> to_call)
      : changes(std::move(all)),
        directory(in),
        changed(std::make_shared<std::function<void()>>(std::move(to_call))),
        place(changes->watched_.emplace(Key{in, name}, changed)) {}
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;
  ~Watched() {
    changes->watched_.erase(place);
    changes->forget(directory);
  }

  std::shared_ptr<DirectoryChanges> changes;
  int directory;
  std::shared_ptr<std::function<void()>> changed;
  std::multimap<Key, Changed>::iterator place;
};

Result<std::shared_ptr<DirectoryChanges>> DirectoryChanges::of(asio::io_context& io) {
  auto& known = probe::OneOfLoop<DirectoryChanges>::of(io);
  std::shared_ptr<DirectoryChanges> changes = known.lock();
  if (changes) return changes;
  const int descriptor = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (descriptor < 0) return fail(std::generic_category().message(errno));
  changes.reset(new DirectoryChanges(io, descriptor));
  known = changes;
  changes->wait();
  return changes;
}

DirectoryChanges::DirectoryChanges(asio::io_context& io, int descriptor)
    : descriptor_(io, descriptor), timer_(io) {}

std::pair<DirectoryWatch, int> DirectoryChanges::watch(const std::string& directory,
                                                       const std::string& name,
                                                       std::function<void()> changed) {
  const int number =
      ::inotify_add_watch(descriptor_.native_handle(), directory.c_str(), kDirectoryEvents);
  if (number < 0) return {nullptr, errno};
  return {std::make_shared<Watched>(shared_from_this(), number, name, std::move(changed)), 0};
}

void DirectoryChanges::forget(int directory) {
  const auto next = watched_.lower_bound({directory, ""});
  if (next != watched_.end() && next->first.first == directory) return;
  // One that is gone has no watch any more; numbers are not used twice.
  ::inotify_rm_watch(descriptor_.native_handle(), directory);
}

void DirectoryChanges::wait() {
  descriptor_.async_wait(stream_descriptor::wait_read,
                         [weak = weak_from_this()](const boost::system::error_code& error) {
                           const auto self = weak.lock();
                           if (error || !self) return;
                           for (const Changed& each : self->read()) {
                             // One call may end what another was for.
                             if (const auto changed = each.lock()) (*changed)();
                           }
                           self->rest();
                         });
}

void DirectoryChanges::rest() {
  timer_.expires_after(kBetweenReads);
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!error && self) self->wait();
  });
}

DirectoryChanges::Concerned DirectoryChanges::read() {
  Concerned concerned;
  alignas(inotify_event) std::array<char, kEventsAtOnce> buffer;
  const ssize_t size = ::read(descriptor_.native_handle(), buffer.data(), buffer.size());
  for (std::size_t at = 0; size > 0 && at < static_cast<std::size_t>(size);) {
    inotify_event event;
    std::memcpy(&event, buffer.data() + at, sizeof event);
    // Padded with NUL.
    const std::string name(event.len > 0 ? buffer.data() + at + sizeof event : "");
    add_concerned(event.wd, name, concerned);
    at += sizeof event + event.len;
  }
  return concerned;
}

/// Without a name it is about the directory itself; with number -1 there were more changes than
/// inotify keeps, and anything may have happened.
void DirectoryChanges::add_concerned(int directory, const std::string& name, Concerned& to) const {
  auto first = watched_.begin();
  auto last = watched_.end();
  if (directory >= 0) {
    std::tie(first, last) = watched_.equal_range({directory, name});
    if (name.empty()) last = watched_.lower_bound({directory + 1, ""});
  }
  for (; first != last; ++first) to.insert(first->second);
}

}  // namespace vipherd::watch
