// Sees the end of a process that need not be our child, by a pidfd.
#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <memory>

namespace vipherd::watch {

/// Destroying it ends it silently.
class ProcessWatch {
 public:
  explicit ProcessWatch(boost::asio::io_context& io) : descriptor_(io) {}
  /// To be called once. Returns 0, or an errno: ESRCH when there is no such process, or it has
  /// ended and its parent has not asked for that yet. `ended` is called once, from the loop; it may
  /// destroy this.
  int start(pid_t process, std::function<void()> ended);

 private:
  void wait();

  boost::asio::posix::stream_descriptor descriptor_;
  std::shared_ptr<std::function<void()>> ended_;  ///< gone with this, before a queued handler runs
};

}  // namespace vipherd::watch
