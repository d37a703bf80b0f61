#include <cerrno>
#include <charconv>
#include <string_view>
#include <system_error>
#include <utility>

#include "probe/watch.hpp"
#include "probe/watch_process.hpp"
#include "vipherd/base/result.hpp"
#include "vipherd/files/files.hpp"

namespace vipherd::probe {
namespace {

constexpr std::size_t kMostRead = std::size_t{64} << 10;

/// A number, white space around it, and perhaps more lines: PostgreSQL and others write some.
Result<pid_t> parse(std::string_view text, const std::string& path) {
  const Error fault = fail(path + " holds no process number");
  const auto begin = text.find_first_not_of(" \t");
  if (begin == text.npos) return fault;
  pid_t process = 0;
  const auto [end, error] =
      std::from_chars(text.data() + begin, text.data() + text.size(), process);
  if (error != std::errc{} || process <= 0) return fault;
  const bool is_alone = end == text.data() + text.size() ||
                        std::string_view(" \t\r\n").find(*end) != std::string_view::npos;
  if (!is_alone) return fault;
  return process;
}

Result<pid_t> read_pid_file(const std::string& path) {
  const auto text = files::read(path, kMostRead);
  if (!text) return text.error();
  return parse(*text, path);
}

class PidFileWatch : public Watch {
 public:
  PidFileWatch(boost::asio::io_context& io, const std::string& path, Report report)
      : process_(io), report_(std::move(report)) {
    const auto process = read_pid_file(path);
    if (!process) {
      end(process.error().what);
      return;
    }
    const std::string name = "process " + std::to_string(*process) + " of " + path;
    const int error = process_.start(*process, [this, name] { end(name + " has ended"); });
    if (error == ESRCH) {
      end(name + " does not run");
    } else if (error != 0) {
      end("cannot watch " + name + ": " + std::generic_category().message(error));
    }
  }

 private:
  void end(std::string what) { std::exchange(report_, nullptr)(std::move(what), Goes::ended); }

  ProcessWatch process_;
  Report report_;
};

}  // namespace

std::unique_ptr<Watch> watch_pid_file(boost::asio::io_context& io, const std::string& path,
                                      Report report) {
  return std::make_unique<PidFileWatch>(io, path, std::move(report));
}

}  // namespace vipherd::probe
