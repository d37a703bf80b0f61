// Threads for pieces of work of which some may never return (a file system that hangs): those hold
// up neither the loop nor the others. Usually one thread does everything; another one is started
// when none is left that gets on, up to a limit.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "vipherd/base/duration.hpp"
#include "vipherd/files/worker.hpp"

namespace vipherd::files {

class WorkerPool {
 public:
  /// Work that has not returned for `patience` is stuck. `most` threads can be.
  explicit WorkerPool(Worker::Deliver deliver, std::size_t most = 8,
                      Duration patience = std::chrono::seconds(1));
  /// As ~Worker. What was delivered, but not called yet, is not called any more.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  enum class Taken {
    yes,
    stuck,     ///< not: work of the same subject is stuck, or all threads are
    no_thread  ///< not: the system has none
  };
  /// `done` is delivered when `work` has been done. `subject` is what may hang: a path.
  Taken run(const std::string& subject, Worker::Work work, std::function<void()> done);

 private:
  struct Desk;
  bool is_stuck(const Desk& desk) const;

  Worker::Deliver deliver_;
  std::size_t most_;
  Duration patience_;
  std::vector<std::shared_ptr<Desk>> desks_;
};

}  // namespace vipherd::files
