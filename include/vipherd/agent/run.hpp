// The agent as one call: reads the configuration, runs until told to stop.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "vipherd/model/config.hpp"

namespace vipherd::agent {

enum class LogFormat : std::uint8_t {
  automatic,  ///< with fields to the journal if standard error is it, else text
  text,       ///< a line each, with the time
  json        ///< an object a line
};

struct RunOptions {
  std::string config_path;
  std::optional<model::LogLevel> log_level;  ///< wins over log.level of the configuration
  LogFormat log_format = LogFormat::automatic;
};

/// Blocks until the agent has stopped. The exit code: 0 stopped in order, 1 failed, 2 bad
/// configuration.
int run(const RunOptions& options);

}  // namespace vipherd::agent
