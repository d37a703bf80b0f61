// The only way to the terminal. What goes out here is clean (base/printable.hpp), whoever wrote it:
// a checked service, the name of a file, an endpoint that is not even a vipherd.
#pragma once

#include <string_view>

namespace vipherd::cli {

/// One line each, to standard output and standard error: a line feed within `line` ends nothing.
void out_line(std::string_view line);
void err_line(std::string_view line);
/// "vipherd: LINE", to standard error.
void complain(std::string_view line);

/// Text of several lines, such as a table whose cells are clean already.
void out_text(std::string_view lines);

}  // namespace vipherd::cli
