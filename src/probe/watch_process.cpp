#include "probe/watch_process.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace vipherd::probe {

using boost::asio::posix::stream_descriptor;

int ProcessWatch::start(pid_t process, std::function<void()> ended) {
  // Close-on-exec by itself.
  const auto opened = static_cast<int>(::syscall(SYS_pidfd_open, process, 0));
  if (opened < 0) return errno;
  descriptor_.assign(opened);
  ended_ = std::make_shared<std::function<void()>>(std::move(ended));
  descriptor_.async_wait(stream_descriptor::wait_read,
                         [weak = std::weak_ptr(ended_)](const boost::system::error_code& error) {
                           const auto call = weak.lock();
                           if (!error && call) (*call)();
                         });
  return 0;
}

}  // namespace vipherd::probe
