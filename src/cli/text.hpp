// Tables for a terminal. Pure.
#pragma once

#include <string>
#include <vector>

#include "vipherd/base/duration.hpp"
#include "vipherd/base/printable.hpp"

namespace vipherd::cli {

using Row = std::vector<std::string>;

/// Columns two spaces apart, each as wide as its widest cell; a line a row. Cells are cleaned first
/// (base/printable.hpp): they quote what others wrote.
std::string align(std::vector<Row> rows, std::size_t indent = 0);

/// "12s", "2m03s", "5h12m", "3d04h"; "-" for what never happened.
std::string age(WallTime since, WallTime now);

}  // namespace vipherd::cli
