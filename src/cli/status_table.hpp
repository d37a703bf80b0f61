// The agent's status as text. Pure.
#pragma once

#include <cstddef>

#include "cli/page.hpp"
#include "vipherd/model/status.hpp"

namespace vipherd::cli {

/// The headline, then one table each for services, checks, watchers and VIPs, then problems and
/// notices. In lines of at most `width` characters, without the columns that only matter now and
/// then; with kUnbounded everything, a line a row.
Page render_status(const model::Status& status, std::size_t width);

}  // namespace vipherd::cli
