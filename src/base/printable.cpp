#include "vipherd/base/printable.hpp"

#include <algorithm>
#include <array>
#include <boost/locale/utf.hpp>
#include <cstdint>
#include <cstdio>

namespace vipherd {
namespace {

using Utf8 = boost::locale::utf::utf_traits<char>;
using boost::locale::utf::code_point;

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

struct Range {
  code_point first;
  code_point last;
};
/// Unicode: general category Cc, and of Cf what reorders, separates or cannot be seen.
constexpr std::array kHidden{
    Range{0x00, 0x1f},     Range{0x7f, 0x9f},     Range{0xad, 0xad},       Range{0x61c, 0x61c},
    Range{0x180e, 0x180e}, Range{0x200b, 0x200f}, Range{0x2028, 0x202e},   Range{0x2060, 0x206f},
    Range{0xfeff, 0xfeff}, Range{0xfff9, 0xfffb}, Range{0xe0000, 0xe007f},
};

bool is_hidden(code_point point) {
  return std::ranges::any_of(
      kHidden, [point](const Range& range) { return point >= range.first && point <= range.last; });
}

bool is_space(code_point point) { return point == '\t' || point == '\n' || point == '\r'; }

/// Calls `take(point, bytes)` for each character, and with U+FFFD for each byte that is none.
template <class Take>
void for_each_character(std::string_view text, const Take& take) {
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    const char* next = at;
    const code_point point = Utf8::decode(next, end);
    if (point == boost::locale::utf::illegal || point == boost::locale::utf::incomplete) {
      take(code_point{0xfffd}, kReplacement);
      ++at;
      continue;
    }
    take(point, std::string_view(at, static_cast<std::size_t>(next - at)));
    at = next;
  }
}

/// ASCII that is shown as it is: nearly every text that comes here.
bool is_plain(char letter) { return letter >= 0x20 && letter < 0x7f; }

std::string cleaned(std::string_view text, bool keep_lines) {
  if (std::ranges::all_of(text, is_plain)) return std::string(text);
  std::string clean;
  clean.reserve(text.size());
  for_each_character(text, [&](code_point point, std::string_view bytes) {
    if (point == '\n' && keep_lines) {
      clean += '\n';
    } else if (is_space(point)) {
      clean += ' ';
    } else {
      clean += is_hidden(point) ? kReplacement : bytes;
    }
  });
  return clean;
}

void append_escape(std::string& text, std::uint32_t unit) {
  std::array<char, 8> escape{};
  std::snprintf(escape.data(), escape.size(), "\\u%04x", unit & 0xffffU);
  text += escape.data();
}

}  // namespace

std::string printable(std::string_view text) { return cleaned(text, false); }

std::string printable_lines(std::string_view text) { return cleaned(text, true); }

std::string printable_json(std::string_view json) {
  std::string clean;
  clean.reserve(json.size());
  for_each_character(json, [&](code_point point, std::string_view bytes) {
    if (point < 0x20) {
      clean += point == '\n' ? '\n' : ' ';
    } else if (point < 0x7f) {
      clean += bytes;
    } else if (point < 0x10000) {
      append_escape(clean, point);
    } else {
      // RFC 8259, 7: as a pair of surrogates.
      append_escape(clean, 0xd800 + ((point - 0x10000) >> 10));
      append_escape(clean, 0xdc00 + ((point - 0x10000) & 0x3ff));
    }
  });
  return clean;
}

}  // namespace vipherd
