// What an operator has to know of a command that is in force, but would not be after a restart.
#pragma once

#include "vipherd/wire/json/control.hpp"

namespace vipherd::cli {

/// Prints the agent's warning, if there is one, to standard error. The exit code of the command:
/// kOk or kNotPersisted.
int warn_if_not_persisted(const wire::Reached& reached);

}  // namespace vipherd::cli
