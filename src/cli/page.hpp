// What a command prints, with colours as a hint: the words say everything, a colour nothing more.
// Whether colours are shown is for cli/output to decide. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vipherd::cli {

enum class Colour : std::uint8_t { none, green, red, yellow };

struct Span {
  std::string text;  ///< line feeds are line ends
  Colour colour = Colour::none;
};
using Page = std::vector<Span>;

void append(Page& page, const Page& more);
/// The text without its colours.
std::string plain(const Page& page);

/// Characters, not bytes: of UTF-8 only what begins a character takes room.
std::size_t width_of(std::string_view text);

/// Lines of at most `width` characters, broken at spaces; a word that is longer is broken where the
/// line ends, so that nothing is lost. At least one line.
std::vector<std::string> wrap(std::string_view text, std::size_t width);

/// `text` as a paragraph of lines of at most `width`: the first one `indent` to the right, the
/// others two more.
std::string paragraph(std::string_view text, std::size_t width, std::size_t indent);

}  // namespace vipherd::cli
