// Where log lines go: to the journal, with fields, under systemd; a plain line with the time
// elsewhere; an object of JSON a line where that is wanted. One line a state change; what is said
// is decided by the core. Never waits for the log's reader (see log_writer.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "vipherd/agent/run.hpp"
#include "vipherd/base/duration.hpp"
#include "vipherd/model/config.hpp"
#include "vipherd/model/state_change.hpp"

namespace vipherd::agent {

void start_log(model::LogLevel level, LogFormat format = LogFormat::automatic);
void set_log_level(model::LogLevel level);
/// `change`: of which it tells, for those who look for it (the journal's fields, JSON).
void log(model::LogLevel level, const std::string& text,
         const std::optional<model::StateChange>& change = std::nullopt);

/// Of a log that is not read: how many lines it has lost that it could not be told of. nullopt: it
/// is read.
std::optional<std::uint64_t> unread_log();
/// Waits at most `limit` until everything is written. False: it is not, and a thread still waits,
/// so the process must end by _exit().
bool end_log(Duration limit);

}  // namespace vipherd::agent
