// Where log lines go: the journal's priorities under systemd, a plain line with the time
// elsewhere. One line a state change; what is said is decided by the core.
#pragma once

#include <string>

#include "vipherd/model/config.hpp"

namespace vipherd::agent {

void start_log(model::LogLevel level);
void set_log_level(model::LogLevel level);
void log(model::LogLevel level, const std::string& text);

}  // namespace vipherd::agent
