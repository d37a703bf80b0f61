// The agent as one call: reads the configuration, runs until told to stop.
#pragma once

#include <optional>
#include <string>

#include "vipherd/model/config.hpp"

namespace vipherd::agent {

struct RunOptions {
  std::string config_path;
  std::optional<model::LogLevel> log_level;  ///< wins over log.level of the configuration
};

/// Blocks until the agent has stopped. The exit code: 0 stopped in order, 1 failed, 2 bad
/// configuration.
int run(const RunOptions& options);

}  // namespace vipherd::agent
