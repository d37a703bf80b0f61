// Text that others wrote (a checked service, a file name, an agent elsewhere), made fit for a
// terminal, a log and a table: the one place that decides what may be shown.
#pragma once

#include <string>
#include <string_view>

namespace vipherd {

/// One line of valid UTF-8. Tabs and line ends become spaces; every other control character (C0,
/// DEL, C1), what changes the direction of writing or hides itself, and every byte that is not
/// UTF-8 becomes U+FFFD. What is already so stays as it is.
std::string printable(std::string_view text);
/// The same, but line feeds stay.
std::string printable_lines(std::string_view text);

/// For text that is JSON: every character in it that is not ASCII, and DEL, as \uXXXX, and other
/// white space than the line feed as a space, so that it means the same and is safe to show.
std::string printable_json(std::string_view json);

}  // namespace vipherd
