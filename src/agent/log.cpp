#include "agent/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/systemd_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

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
/// it may tell of a standard error that somebody in between has redirected.
bool stderr_is_the_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat file {};
  if (stream == nullptr || ::fstat(STDERR_FILENO, &file) != 0) return false;
  return stream == std::to_string(file.st_dev) + ":" + std::to_string(file.st_ino);
}

}  // namespace

void start_log(model::LogLevel level) {
  if (stderr_is_the_journal()) {
    spdlog::set_default_logger(std::make_shared<spdlog::logger>(
        "vipherd", std::make_shared<spdlog::sinks::systemd_sink_st>("vipherd")));
    spdlog::set_pattern("%v");
  } else {
    spdlog::set_default_logger(std::make_shared<spdlog::logger>(
        "vipherd", std::make_shared<spdlog::sinks::stderr_sink_st>()));
    spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %-7l %v");
  }
  spdlog::flush_on(spdlog::level::debug);
  set_log_level(level);
}

void set_log_level(model::LogLevel level) { spdlog::set_level(level_of(level)); }

void log(model::LogLevel level, const std::string& text) {
  // Reasons quote what the network said: a line stays one line.
  std::string line = text;
  for (char& letter : line) {
    if (static_cast<unsigned char>(letter) < 0x20) letter = ' ';
  }
  spdlog::log(level_of(level), "{}", line);
}

}  // namespace vipherd::agent
