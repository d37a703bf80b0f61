// A thread for work that may wait for a disk or a server: the loop hands it over and is told when
// it is done. One piece of work at a time, in order. The thread starts with the first piece.
#pragma once

#include <functional>
#include <memory>
#include <thread>

#include "vipherd/base/duration.hpp"

namespace vipherd::files {

class Worker {
 public:
  using Work = std::function<void()>;
  /// Given by the loop: has a function called there later. Called by the thread.
  using Deliver = std::function<void(std::function<void()>)>;

  explicit Worker(Deliver deliver);
  /// Waits for nothing: a thread that still works is left behind, and the process then has to end
  /// by _exit(). Nothing is delivered any more.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// `done` is delivered when `work` has been done. False if there can be no thread now.
  bool run(Work work, std::function<void()> done);
  /// Waits at most `limit` until all is done; whether it is. Nothing is delivered any more.
  bool end(Duration limit);

  /// Whether a thread that was left behind by any worker of this process works still.
  static bool left_any_behind();

 private:
  struct Shared;
  static void serve(const std::shared_ptr<Shared>& shared);

  std::shared_ptr<Shared> shared_;
  std::thread thread_;
};

}  // namespace vipherd::files
