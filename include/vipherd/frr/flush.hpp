// Removes what an agent that is no more left announced: a session with zebra that claims our route
// type, ends any graceful restart, and closes, which takes every route of the type along. Blocks,
// for a few seconds at most. Must never be used while an agent runs.
#pragma once

#include "vipherd/base/result.hpp"
#include "vipherd/model/config.hpp"

namespace vipherd::frr {

/// Succeeds also if no zebra is there: then nothing is announced. Beside another client of the
/// type nothing is removed, and that is an error.
Result<void> flush_routes(const model::FrrConfig& config);

}  // namespace vipherd::frr
