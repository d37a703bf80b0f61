#include <algorithm>
#include <cerrno>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

#include "vipherd/base/numbers.hpp"
#include "vipherd/base/result.hpp"
#include "vipherd/files/files.hpp"
#include "watch/path.hpp"
#include "watch/process.hpp"
#include "watch/watch.hpp"

namespace vipherd::watch {
namespace {

using model::WatchStep;

constexpr std::size_t kMostRead = std::size_t{64} << 10;

/// A number, white space around it, and perhaps more lines: PostgreSQL and others write some.
Result<pid_t> parse(std::string_view text, const std::string& path) {
  const Error error = fail(path + " holds no process number");
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  const auto process = take_number<pid_t>(text);
  if (process.value_or(0) <= 0) return error;
  const bool is_alone =
      text.empty() || std::string_view(" \t\r\n").find(text.front()) != std::string_view::npos;
  if (!is_alone) return error;
  return *process;
}

Result<pid_t> read_pid_file(const std::string& path) {
  const auto text = files::read(path, kMostRead);
  if (!text) return text.error();
  return parse(*text, path);
}

/// Follows the process that the file names, and looks at the file whenever it changes: a start
/// shows when there is a number in it of a process that runs. Half of a number may be read, or one
/// that another process has by now: that costs a probe, and the next change of the file puts it
/// right.
class PidFileWatch : public Watch {
 public:
  PidFileWatch(boost::asio::io_context& io, std::string path, Report report)
      : io_(io), path_(std::move(path)), report_(std::move(report)) {
    // Before the file is read: nothing is missed in between.
    auto changes = PathWatch::start(io, path_, [this] { on_change(); });
    const Result<void> followed = follow();
    if (changes) changes_ = std::move(*changes);
    if (followed) return;
    if (changes_) {
      tell({followed.error().what, WatchStep::awaiting_start, false});
    } else {
      tell({followed.error().what + "; " + changes.error().what, WatchStep::ended, false});
    }
  }

 private:
  /// Succeeds if the process runs; leaves things as they are if not.
  Result<void> follow() {
    const auto number = read_pid_file(path_);
    if (!number) return number.error();
    if (process_ && number_ == *number) return {};
    auto process = std::make_unique<ProcessWatch>(io_);
    const int error = process->start(*number, [this] { on_end(); });
    const std::string name = "process " + std::to_string(*number) + " of " + path_;
    if (error == ESRCH) return fail(name + " does not run");
    if (error != 0) {
      return fail("cannot watch " + name + ": " + std::generic_category().message(error));
    }
    process_ = std::move(process);
    number_ = *number;
    return {};
  }

  void on_change() {
    const pid_t before = process_ ? number_ : 0;
    if (!follow() || number_ == before) return;
    tell({name() + " has started", WatchStep::watching});
  }

  void on_end() {
    process_.reset();
    tell({name() + " has ended", changes_ ? WatchStep::awaiting_start : WatchStep::ended});
  }

  std::string name() const { return "process " + std::to_string(number_) + " of " + path_; }

  /// May destroy this.
  void tell(Sighting seen) {
    const Report report = report_;
    report(std::move(seen));
  }

  boost::asio::io_context& io_;
  const std::string path_;
  Report report_;
  std::unique_ptr<PathWatch> changes_;
  std::unique_ptr<ProcessWatch> process_;
  pid_t number_ = 0;  ///< of the last process that was followed
};

}  // namespace

std::unique_ptr<Watch> watch_pid_file(boost::asio::io_context& io, const std::string& path,
                                      Report report) {
  return std::make_unique<PidFileWatch>(io, path, std::move(report));
}

}  // namespace vipherd::watch
