// The only way to the terminal. What goes out here is clean (base/printable.hpp), whatever its
// source: a checked service, the name of a file, an endpoint that is not even a vipherd.
#pragma once

#include <cstddef>
#include <string_view>

#include "cli/page.hpp"

namespace vipherd::cli {

/// One line each, to standard output and standard error: a line feed within `line` ends nothing.
void out_line(std::string_view line);
void err_line(std::string_view line);
/// "vipherd: LINE", to standard error.
void complain(std::string_view line);

/// Text of several lines, such as a table whose cells are clean already.
void out_text(std::string_view lines);
/// With colours if standard output is a terminal that has them (TERM is not "dumb") and no user
/// objects (NO_COLOR, see no-color.org).
void out_page(const Page& page);

/// Characters in a line of the terminal, if standard output is one and tells; else `otherwise`.
std::size_t terminal_width(std::size_t otherwise);

/// Pages that replace each other in place, if standard output is a terminal; else they follow each
/// other, with an empty line between them. What does not fit on the terminal is cut off at its
/// bottom, which is said. On SIGINT and SIGTERM the process exits with 0 and leaves the terminal as
/// it was. One at a time.
class Screen {
 public:
  Screen();
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  /// False if it could not be written.
  bool show(const Page& page);

 private:
  bool terminal_;
  bool first_ = true;
};

}  // namespace vipherd::cli
