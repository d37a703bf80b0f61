// Tables for a terminal. Pure.
#pragma once

#include <string>
#include <vector>

#include "vipherd/base/duration.hpp"

namespace vipherd::cli {

using Row = std::vector<std::string>;

/// Columns two spaces apart, each as wide as its widest cell; a line a row.
std::string align(const std::vector<Row>& rows, std::size_t indent = 0);

/// With control characters replaced: reasons may come from what a checked service answered.
std::string printable(std::string text);

/// "12s", "2m03s", "5h12m", "3d04h"; "-" for what never happened.
std::string age(WallTime since, WallTime now);

}  // namespace vipherd::cli
