#include "cli/page.hpp"

#include <algorithm>

namespace vipherd::cli {
namespace {

bool begins_character(char c) { return (c & 0xc0) != 0x80; }

/// Where the first `width` characters of `text` end.
std::size_t end_of(std::string_view text, std::size_t width) {
  std::size_t at = 0;
  for (std::size_t count = 0; at < text.size(); ++at) {
    if (begins_character(text[at]) && count++ == width) break;
  }
  return at;
}

}  // namespace

void append(Page& page, const Page& more) { page.insert(page.end(), more.begin(), more.end()); }

std::string plain(const Page& page) {
  std::string text;
  for (const Span& span : page) text += span.text;
  return text;
}

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
  width = std::max<std::size_t>(width, 1);
  std::vector<std::string> lines;
  while (width_of(text) > width) {
    const std::size_t end = end_of(text, width);
    const std::size_t space = text.rfind(' ', end);
    const bool at_space = space != text.npos && space > 0;
    const std::size_t cut = at_space ? space : end;
    lines.emplace_back(text.substr(0, cut));
    text.remove_prefix(at_space ? cut + 1 : cut);
  }
  lines.emplace_back(text);
  return lines;
}

std::string paragraph(std::string_view text, std::size_t width, std::size_t indent) {
  // The first line may be longer by two, but one width for all reads as well.
  const std::size_t room = width > indent + 2 ? width - indent - 2 : 1;
  std::string block;
  for (const std::string& line : wrap(text, room)) {
    block.append(block.empty() ? indent : indent + 2, ' ').append(line).append("\n");
  }
  return block;
}

}  // namespace vipherd::cli
