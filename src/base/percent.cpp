#include "vipherd/base/percent.hpp"

#include <charconv>

namespace vipherd {
namespace {

bool stays(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~:").find(c) != std::string_view::npos;
}

std::optional<char> hex_pair(std::string_view text) {
  if (text.size() != 2) return std::nullopt;
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + 2, value, 16);
  if (error != std::errc{} || end != text.data() + 2) return std::nullopt;
  return static_cast<char>(value);
}

}  // namespace

std::string percent_encode(std::string_view segment) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text;
  for (const char c : segment) {
    if (stays(c)) {
      text += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    text += {'%', kDigits[byte >> 4], kDigits[byte & 0xf]};
  }
  return text;
}

std::optional<std::string> percent_decode(std::string_view segment) {
  std::string text;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    if (segment[i] != '%') {
      text += segment[i];
      continue;
    }
    const auto byte = hex_pair(segment.substr(i + 1, 2));
    if (!byte) return std::nullopt;
    text += *byte;
    i += 2;
  }
  return text;
}

}  // namespace vipherd
