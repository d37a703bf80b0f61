// Hands log lines to a thread of its own, because the reader of the log (a terminal, a pipe, the
// journal) may stop reading, and then a write waits for ever. That thread may wait, the loop never
// does: it puts lines into a queue of bounded size, from which the oldest are dropped and counted.
// The lines keep their order, and the count is told where the gap is.
//
// spdlog's asynchronous logger is not this: it allocates all of its queue beforehand, and its
// destructor waits for the thread, however long that waits.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "vipherd/base/duration.hpp"
#include "vipherd/model/config.hpp"
#include "vipherd/model/state_change.hpp"

namespace vipherd::agent {

struct LogLine {
  WallTime time;
  model::LogLevel level = model::LogLevel::info;
  std::string text;
  std::optional<model::StateChange> change{};
};

class LogWriter {
 public:
  /// Called by the thread alone, one line at a time; may wait.
  using Write = std::function<void(const LogLine&)>;

  LogWriter(Write write, std::size_t most_bytes);
  /// Waits for nothing: a thread that still waits in `write` is left behind, and the process then
  /// has to end by _exit(). See end().
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  /// Waits for nothing.
  void push(LogLine line);
  /// Waits at most `limit` until everything is written; whether it is. Takes no more lines.
  bool end(Duration limit);

  /// Of a log that is not read: how many lines were dropped that it has not been told of. nullopt
  /// if the lines are written as they come, give or take `patience`.
  std::optional<std::uint64_t> lost_by_waiting(Duration patience) const;

 private:
  struct Queue;
  static void run(const std::shared_ptr<Queue>& queue);

  std::shared_ptr<Queue> queue_;
  std::thread thread_;
};

}  // namespace vipherd::agent
