// The agent's status as tables for people. Pure: ages come from the status' own clock.
#pragma once

#include <string>

#include "vipherd/model/status.hpp"

namespace vipherd::cli {

/// Ends with a newline. Clean (base/printable.hpp): reasons quote what checked services answered.
std::string render_status(const model::Status& status);

}  // namespace vipherd::cli
