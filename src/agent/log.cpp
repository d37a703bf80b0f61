#include "agent/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "agent/log_lines.hpp"
#include "agent/log_writer.hpp"
#include "vipherd/base/printable.hpp"

namespace vipherd::agent {
namespace {

spdlog::level::level_enum level_of(model::LogLevel level) {
  switch (level) {
    case model::LogLevel::debug:
      return spdlog::level::debug;
    case model::LogLevel::info:
      return spdlog::level::info;
    case model::LogLevel::warning:
      return spdlog::level::warn;
    case model::LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

/// systemd.exec(5): JOURNAL_STREAM is "DEVICE:INODE" of the journal's stream. It is inherited, so
/// it may tell of a standard error that was redirected in between.
bool stderr_is_the_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat file {};
  if (stream == nullptr || ::fstat(STDERR_FILENO, &file) != 0) return false;
  return stream == std::to_string(file.st_dev) + ":" + std::to_string(file.st_ino);
}

/// Ten thousand VIPs that change at the same time take a quarter of it.
constexpr std::size_t kMostBytes = std::size_t{8} << 20;
/// A reason may quote what the network said.
constexpr std::size_t kLongestLine = std::size_t{16} << 10;
/// A line that is not written for this long is not being read. A disk that is busy may take as
/// long.
constexpr auto kPatience = std::chrono::seconds(1);

/// To standard error, what `text_of` makes of each line.
LogWriter::Write to_stderr(const char* pattern,
                           std::function<std::string(const LogLine&)> text_of) {
  auto sink = std::make_shared<spdlog::logger>("vipherd",
                                               std::make_shared<spdlog::sinks::stderr_sink_st>());
  sink->set_pattern(pattern);
  sink->set_level(spdlog::level::debug);
  sink->flush_on(spdlog::level::debug);
  return [sink, text_of = std::move(text_of)](const LogLine& line) {
    sink->log(std::chrono::time_point_cast<spdlog::log_clock::duration>(line.time),
              spdlog::source_loc{}, level_of(line.level), text_of(line));
  };
}

LogWriter::Write writer_of(LogFormat format) {
  if (format == LogFormat::json) return to_stderr("%v", as_json);
  if (format == LogFormat::automatic && stderr_is_the_journal()) return send_to_journal;
  return to_stderr("%Y-%m-%dT%H:%M:%S.%e%z %-7l %v", [](const LogLine& line) { return line.text; });
}

std::unique_ptr<LogWriter> log_writer;
model::LogLevel least_level = model::LogLevel::info;

}  // namespace

void start_log(model::LogLevel level, LogFormat format) {
  log_writer = std::make_unique<LogWriter>(writer_of(format), kMostBytes);
  set_log_level(level);
}

void set_log_level(model::LogLevel level) { least_level = level; }

void log(model::LogLevel level, const std::string& text,
         const std::optional<model::StateChange>& change) {
  if (!log_writer || level < least_level) return;
  // Reasons quote what the network said: a line stays one line.
  std::string line = printable(text.substr(0, kLongestLine));
  log_writer->push({std::chrono::system_clock::now(), level, std::move(line), change});
}

std::optional<std::uint64_t> unread_log() {
  return log_writer ? log_writer->lost_by_waiting(kPatience) : std::nullopt;
}

bool end_log(Duration limit) {
  const bool written = !log_writer || log_writer->end(limit);
  log_writer.reset();
  return written;
}

}  // namespace vipherd::agent
