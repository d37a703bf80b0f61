// Tables that fit a terminal: columns that only a wide one shows, a last column of prose that is
// wrapped, and names that are too long marked where they are cut. Pure.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "cli/page.hpp"

namespace vipherd::cli {

inline constexpr std::size_t kUsualWidth = 80;
inline constexpr std::size_t kUnbounded = std::numeric_limits<std::size_t>::max();

struct Cell {
  Cell(std::string words, Colour hint = Colour::none) : text(std::move(words)), colour(hint) {}
  Cell(const char* words) : text(words) {}

  std::string text;
  Colour colour = Colour::none;
};

struct Column {
  std::string title;
  bool only_wide = false;  ///< left out where the width is bounded
};

/// Every row has a cell for each column. The first column names what the row is about and is never
/// cut; the last one is prose.
struct Table {
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows{};
  std::size_t indent = 0;
  bool titled = true;
};

/// Lines of at most `width` characters (from about 40 on), or with kUnbounded a line a row. Cells
/// are cleaned first (base/printable.hpp): they quote what others wrote.
///
/// A first cell that leaves no room for the others has a line of its own, as `df` does it. Prose
/// that would get too narrow a column stands beneath its row.
Page render(const Table& table, std::size_t width);

}  // namespace vipherd::cli
