#include "watch/process.hpp"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace vipherd::watch {

using boost::asio::posix::stream_descriptor;

int ProcessWatch::start(pid_t process, std::function<void()> ended) {
  // Close-on-exec by itself.
  const auto opened = static_cast<int>(::syscall(SYS_pidfd_open, process, 0));
  if (opened < 0) return errno;
  pollfd ended_already{opened, POLLIN, 0};
  if (::poll(&ended_already, 1, 0) > 0) {
    ::close(opened);
    return ESRCH;
  }
  descriptor_.assign(opened);
  ended_ = std::make_shared<std::function<void()>>(std::move(ended));
  wait();
  return 0;
}

void ProcessWatch::wait() {
  descriptor_.async_wait(stream_descriptor::wait_read, [this, weak = std::weak_ptr(ended_)](
                                                           const boost::system::error_code& error) {
    const auto call = weak.lock();
    if (error || !call) return;
    // A descriptor may be called readable that is not, if another one with its number was
    // closed in the same turn of the loop.
    pollfd process{descriptor_.native_handle(), POLLIN, 0};
    if (::poll(&process, 1, 0) == 0) return wait();
    (*call)();
  });
}

}  // namespace vipherd::watch
