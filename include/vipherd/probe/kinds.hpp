// The kinds of checks there are, for the configuration to read. Starts nothing.
#pragma once

#include <span>

#include "vipherd/model/settings.hpp"

namespace vipherd::probe {

/// One schema a kind; lives as long as the program.
std::span<const model::CheckSchema> check_schemas();

}  // namespace vipherd::probe
