#include "probe/excerpt.hpp"

#include <array>
#include <cstdio>

namespace vipherd::probe {
namespace {

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '\r':
      out += "\\r";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\t':
      out += "\\t";
      return;
    case '"':
    case '\\':
      out += '\\';
      out += c;
      return;
  }
  const auto byte = static_cast<unsigned char>(c);
  if (byte >= 0x20 && byte < 0x7f) {
    out += c;
    return;
  }
  std::array<char, 8> escaped{};
  std::snprintf(escaped.data(), escaped.size(), "\\u%04x", byte);
  out += escaped.data();
}

}  // namespace

std::string excerpt(std::string_view text, std::size_t most) {
  std::string out = "\"";
  for (const char c : text.substr(0, most)) append_escaped(out, c);
  if (text.size() > most) out += "...";
  return out + "\"";
}

}  // namespace vipherd::probe
