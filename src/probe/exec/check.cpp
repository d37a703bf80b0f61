// Kind `exec`: a program says whether the service is well, in the way of Nagios plugins. It is
// killed with all that it has started when it ends or is abandoned, and always reaped.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>

#include "probe/exec/child.hpp"
#include "probe/exec/result.hpp"
#include "probe/exec/settings.hpp"
#include "probe/kind.hpp"
#include "vipherd/files/worker_pool.hpp"

namespace vipherd::probe::exec {
namespace {

namespace asio = boost::asio;
using asio::posix::stream_descriptor;

/// The line that becomes the reason is among these.
constexpr std::size_t kKept = 4096;
/// A program that writes more waits for a reader that never comes, until the deadline.
constexpr std::size_t kMostOutput = std::size_t{1} << 20;
constexpr std::size_t kPiece = std::size_t{64} * 1024;
/// Runs of one program that were killed and have not ended: they hang in the kernel.
constexpr std::size_t kMostUnended = 3;
/// Killed processes end at once, but for those that hang in the kernel.
constexpr auto kPatienceAtTheEnd = std::chrono::milliseconds(200);

/// A start on its way to a thread and back.
struct Starting {
  std::mutex mutex;
  std::condition_variable done;
  std::optional<Result<Child>> child;
  bool given_up = false;  ///< no reader is there to take it

  void start(const Program& program) {
    auto started = start_child(program);
    const std::lock_guard lock(mutex);
    if (given_up) return end(started, program);
    child = std::move(started);
    done.notify_all();
  }
  /// Waits for it, without the loop, or gives it up.
  bool wait_until(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex);
    given_up = !done.wait_until(lock, deadline, [this] { return child.has_value(); });
    return !given_up;
  }

 private:
  static void end(const Result<Child>& started, const Program& program) {
    if (!started) return;
    kill_group(*started);
    pollfd process{started->process, POLLIN, 0};
    ::poll(&process, 1, -1);
    reap(*started, program);
    ::close(started->process);
    ::close(started->output);
  }
};

/// A program from its start until it is reaped, which is longer than its probe if that is
/// abandoned. Its handlers keep it.
class Run : public std::enable_shared_from_this<Run> {
 public:
  Run(asio::io_context& io, std::shared_ptr<const ExecSettings> settings, Program program,
      Finish finish)
      : settings_(std::move(settings)),
        program_(std::move(program)),
        process_(io),
        output_(io),
        finish_(std::move(finish)) {}

  /// On a thread: to start a program is to wait until it is loaded, and the file system that holds
  /// it, or the directory it starts in, may not answer.
  files::WorkerPool::Taken start(files::WorkerPool& threads) {
    return threads.run(
        program_.directory + '\n' + program_.command.front(),
        [starting = starting_, program = program_] { starting->start(program); },
        [self = shared_from_this()] { self->on_started(); });
  }

  void abandon() {
    finish_ = nullptr;
    if (ended_ || !process_.is_open()) return;
    kill_group(child_);
    close(output_);
  }

  /// Abandons and reaps it, without the loop, if it ends in time.
  void end_until(std::chrono::steady_clock::time_point deadline) {
    if (!started_) {
      finish_ = nullptr;
      if (!starting_->wait_until(deadline)) return;
      on_started();
    }
    abandon();
    if (ended_) return;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd process{child_.process, POLLIN, 0};
    ::poll(&process, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    ended_ = reap(child_, program_).has_value();
    close(process_);
  }

  bool started() const { return started_; }
  bool ended() const { return ended_; }
  bool is_abandoned() const { return !finish_; }
  const Program& program() const { return program_; }
  std::string awaited() const {
    if (!started_) return "start of " + settings_->name;
    return "exit of " + settings_->name +
           (written_ > kMostOutput ? ", which wrote more than 1 MiB," : "");
  }

 private:
  static void close(stream_descriptor& descriptor) {
    boost::system::error_code ignored;
    descriptor.close(ignored);
  }

  void on_started() {
    if (std::exchange(started_, true)) return;
    const Result<Child> child = *starting_->child;
    if (!child) {
      ended_ = true;
      const auto finish = std::exchange(finish_, nullptr);
      if (finish) finish(could_not_run(child.error().what));
      return;
    }
    child_ = *child;
    process_.assign(child_.process);
    output_.assign(child_.output);
    wait_for_end();
    wait_for_output();
    if (!finish_) abandon();
  }

  void wait_for_end() {
    process_.async_wait(stream_descriptor::wait_read,
                        [self = shared_from_this()](const boost::system::error_code& error) {
                          if (!error) self->on_end();
                        });
  }

  void wait_for_output() {
    output_.async_wait(stream_descriptor::wait_read,
                       [self = shared_from_this()](const boost::system::error_code& error) {
                         if (!error && self->output_.is_open()) self->on_output();
                       });
  }

  void on_output() {
    if (!read_some()) {
      close(output_);
    } else if (written_ <= kMostOutput) {
      wait_for_output();
    }
  }

  /// What is there now, if anything; false at the end.
  bool read_some() {
    std::array<char, kPiece> piece;
    const ssize_t size = ::read(child_.output, piece.data(), piece.size());
    if (size < 0) return errno == EAGAIN || errno == EINTR;
    const auto count = static_cast<std::size_t>(size);
    kept_.append(piece.data(), std::min(count, kKept - kept_.size()));
    written_ += count;
    return count > 0;
  }

  /// A process left in the group may hold the pipe open: what is in it now is all that counts.
  void on_end() {
    if (ended_ || !process_.is_open()) return;
    if (!has_ended(child_)) {
      wait_for_end();
      return;
    }
    kill_group(child_);
    const std::optional<ChildEnd> end = reap(child_, program_);
    if (!end) {
      wait_for_end();
      return;
    }
    ended_ = true;
    read_the_rest();
    close(process_);
    if (!finish_) return;
    std::exchange(finish_,
                  nullptr)(evaluate_exec(*end, kept_, settings_->name, settings_->warning_passes));
  }

  void read_the_rest() {
    if (!output_.is_open()) return;
    std::size_t before = kept_.size() + 1;
    while (kept_.size() != std::exchange(before, kept_.size()) && kept_.size() < kKept) read_some();
    close(output_);
  }

  std::shared_ptr<const ExecSettings> settings_;
  const Program program_;
  const std::shared_ptr<Starting> starting_ = std::make_shared<Starting>();
  bool started_ = false;
  Child child_;
  stream_descriptor process_;
  stream_descriptor output_;
  Finish finish_;  ///< none: abandoned
  std::string kept_;
  std::size_t written_ = 0;
  bool ended_ = false;
};

class ExecProbe : public Probe {
 public:
  explicit ExecProbe(std::shared_ptr<Run> run) : run_(std::move(run)) {}
  ~ExecProbe() override { run_->abandon(); }
  std::string awaited() const override { return run_->awaited(); }
  model::Failure silence() const override {
    return run_->started() ? model::Failure::failed : model::Failure::not_run;
  }

 private:
  std::shared_ptr<Run> run_;
};

class ExecRunner : public RunnerOf<ExecSettings> {
 public:
  explicit ExecRunner(asio::io_context& io)
      : io_(io), threads_([&io](std::function<void()> done) { asio::post(io, std::move(done)); }) {}

  /// The agent ends: what it has started does, too.
  ~ExecRunner() override {
    const auto deadline = std::chrono::steady_clock::now() + kPatienceAtTheEnd;
    for (const auto& run : runs_) run->abandon();
    for (const auto& run : runs_) run->end_until(deadline);
  }

 private:
  std::unique_ptr<Probe> start_probe(std::shared_ptr<const ExecSettings> settings,
                                     const Asker& /*asker*/, Finish finish) override {
    runs_.remove_if([](const auto& run) { return run->ended(); });
    Result<Program> program = program_of(*settings);
    if (!program) {
      finish(could_not_run(program.error().what));
      return nullptr;
    }
    if (unended(*program) >= kMostUnended) {
      finish(could_not_run("earlier runs of " + settings->name + " were killed, but do not end"));
      return nullptr;
    }
    const auto run = std::make_shared<Run>(io_, settings, std::move(*program), finish);
    switch (run->start(threads_)) {
      case files::WorkerPool::Taken::yes:
        runs_.push_back(run);
        return std::make_unique<ExecProbe>(run);
      case files::WorkerPool::Taken::stuck:
        finish(could_not_run("cannot start " + settings->command.front() +
                             ": its file system does not answer"));
        break;
      case files::WorkerPool::Taken::no_thread:
        finish(could_not_run("cannot start a process: " + std::generic_category().message(EAGAIN)));
    }
    return nullptr;
  }

  std::size_t unended(const Program& program) const {
    return static_cast<std::size_t>(std::ranges::count_if(runs_, [&](const auto& run) {
      return run->is_abandoned() && run->program().command == program.command;
    }));
  }

  asio::io_context& io_;
  files::WorkerPool threads_;
  std::list<std::shared_ptr<Run>> runs_;  ///< and a few that have ended
};

}  // namespace

Kind kind() {
  return {{"exec",
           "passes when a program ends with exit code 0",
           exec_setting_specs(),
           prepare_exec,
           {},
           3},  // both ends of the pipe, the pidfd
          make_runner<ExecRunner>};
}

}  // namespace vipherd::probe::exec
