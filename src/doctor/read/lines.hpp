// Lines and words of text that others wrote.
#pragma once

#include <algorithm>
#include <string_view>

namespace vipherd::doctor {

/// Cuts the first line off, without its end.
inline std::string_view cut_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

inline std::string_view without_blanks(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// Cuts the first word off; empty at the end.
inline std::string_view cut_word(std::string_view& text) {
  text = without_blanks(text);
  const std::size_t end = std::min(text.find_first_of(" \t"), text.size());
  const std::string_view word = text.substr(0, end);
  text = without_blanks(text.substr(end));
  return word;
}

/// Cuts `words` off the front if the text begins with them as whole words.
inline bool cut_words(std::string_view& text, std::string_view words) {
  if (!text.starts_with(words)) return false;
  const std::string_view rest = text.substr(words.size());
  if (!rest.empty() && !rest.starts_with(' ')) return false;
  text = without_blanks(rest);
  return true;
}

}  // namespace vipherd::doctor
