// The agent's status as tables for people. Pure: ages come from the status' own clock.
#pragma once

#include <string>

#include "vipherd/model/status.hpp"

namespace vipherd::cli {

/// Ends with a newline. Control characters of reasons are replaced: they may come from what a
/// checked service answered, and go to a terminal.
std::string render_status(const model::Status& status);

}  // namespace vipherd::cli
