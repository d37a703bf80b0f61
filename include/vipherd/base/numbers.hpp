// Numbers as text, read in one place: the whole text is the number and it fits, or there is none.
// Code that reads a file, an answer or a setting uses these and never std::from_chars, whose caller
// has to remember what may follow the digits.
#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string_view>
#include <system_error>

namespace vipherd {

/// Cuts the number off with which `text` begins. Nothing, and `text` is as it was, if there is none
/// or it does not fit. No sign but the '-' of a signed type, no blanks, no "0x".
template <std::integral Number>
std::optional<Number> take_number(std::string_view& text, int base = 10) {
  Number number{};
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
  return number;
}

/// The number that `text` is from its beginning to its end.
template <std::integral Number>
std::optional<Number> parse_number(std::string_view text, int base = 10) {
  const auto number = take_number<Number>(text, base);
  return text.empty() ? number : std::nullopt;
}

}  // namespace vipherd
