#include "agent/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/systemd_sink.h>
#include <spdlog/spdlog.h>

#include <cstdlib>

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

}  // namespace

void start_log(model::LogLevel level) {
  // systemd sets JOURNAL_STREAM when standard error is the journal.
  if (std::getenv("JOURNAL_STREAM") != nullptr) {
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
