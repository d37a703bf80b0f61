// Lines and words of text that other programs wrote. Nothing is copied.
#pragma once

#include <algorithm>
#include <string_view>

namespace vipherd {

/// Cuts the first line off, without its end.
inline std::string_view cut_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// Without blanks and line ends at its begin and end.
inline std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

/// Cuts the first word off; empty at the end.
inline std::string_view cut_word(std::string_view& text) {
  text = trim(text);
  const std::size_t end = std::min(text.find_first_of(" \t\r\n"), text.size());
  const std::string_view word = text.substr(0, end);
  text = trim(text.substr(end));
  return word;
}

/// Cuts `words` off the front if the text begins with them as whole words.
inline bool cut_words(std::string_view& text, std::string_view words) {
  if (!text.starts_with(words)) return false;
  const std::string_view rest = text.substr(words.size());
  if (!rest.empty() && !rest.starts_with(' ')) return false;
  text = trim(rest);
  return true;
}

/// The word after the word `key`, or nothing.
inline std::string_view word_after(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    if (cut_word(text) == key) return cut_word(text);
  }
  return {};
}

}  // namespace vipherd
