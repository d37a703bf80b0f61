#include "agent/log_writer.hpp"

#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <system_error>
#include <utility>

namespace vipherd::agent {
namespace {

std::size_t cost_of(const LogLine& line) { return sizeof line + line.text.size(); }

TimePoint log_clock() { return std::chrono::steady_clock::now(); }

/// Signals are the loop's: within it a new thread starts with all of them blocked.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

/// Outlives the writer if the thread does.
struct LogWriter::Queue {
  Queue(Write to, std::size_t most) : write(std::move(to)), most_bytes(most) {}

  const Write write;
  const std::size_t most_bytes;

  mutable std::mutex mutex;
  std::condition_variable changed;
  std::deque<LogLine> lines;
  std::size_t bytes = 0;
  std::uint64_t lost = 0;                  ///< before the first of `lines`
  std::optional<TimePoint> writing_since;  ///< the line that `write` has now
  bool ending = false;

  /// The next line to write, or none at the end.
  std::optional<LogLine> take(std::unique_lock<std::mutex>& lock) {
    changed.wait(lock, [this] { return ending || lost > 0 || !lines.empty(); });
    if (lost > 0) {
      const std::string count = std::to_string(std::exchange(lost, 0));
      return LogLine{std::chrono::system_clock::now(), model::LogLevel::warning,
                     count + " log lines were lost here: the log was not read"};
    }
    if (lines.empty()) return std::nullopt;
    LogLine line = std::move(lines.front());
    lines.pop_front();
    bytes -= cost_of(line);
    return line;
  }
};

LogWriter::LogWriter(Write write, std::size_t most_bytes)
    : queue_(std::make_shared<Queue>(std::move(write), most_bytes)) {
  const SignalsBlocked blocked;
  try {
    thread_ = std::thread([queue = queue_] { run(queue); });
  } catch (const std::system_error&) {
    // No thread to be had: the lines are lost, and counted.
  }
}

LogWriter::~LogWriter() {
  end(Duration::zero());
  if (thread_.joinable()) thread_.detach();
}

void LogWriter::run(const std::shared_ptr<Queue>& queue) {
  std::unique_lock lock(queue->mutex);
  while (const auto line = queue->take(lock)) {
    queue->writing_since = log_clock();
    lock.unlock();
    queue->write(*line);
    lock.lock();
    queue->writing_since.reset();
    queue->changed.notify_all();
  }
}

void LogWriter::push(LogLine line) {
  const std::lock_guard lock(queue_->mutex);
  if (queue_->ending) return;
  queue_->bytes += cost_of(line);
  queue_->lines.push_back(std::move(line));
  while (queue_->bytes > queue_->most_bytes) {
    queue_->bytes -= cost_of(queue_->lines.front());
    queue_->lines.pop_front();
    ++queue_->lost;
  }
  queue_->changed.notify_all();
}

bool LogWriter::end(Duration limit) {
  std::unique_lock lock(queue_->mutex);
  queue_->ending = true;
  queue_->changed.notify_all();
  if (!thread_.joinable()) return queue_->lines.empty();
  const bool written = queue_->changed.wait_for(lock, limit, [this] {
    return queue_->lines.empty() && queue_->lost == 0 && !queue_->writing_since;
  });
  lock.unlock();
  if (written) thread_.join();
  return written;
}

std::optional<std::uint64_t> LogWriter::lost_by_waiting(Duration patience) const {
  const std::lock_guard lock(queue_->mutex);
  const bool waits = queue_->writing_since && log_clock() - *queue_->writing_since >= patience;
  if (waits || queue_->lost > 0 || !thread_.joinable()) return queue_->lost;
  return std::nullopt;
}

}  // namespace vipherd::agent
