#include "config/text_limits.hpp"

#include <algorithm>

namespace vipherd::config {
namespace {

/// What ends a comment and a string of one line. TOML allows LF and CRLF; the others are here
/// because a parser might take them for ends, too.
bool ends_line(char letter) { return letter >= '\n' && letter <= '\r'; }

class TextScan {
 public:
  TextScan(std::string_view text, std::size_t& values) : text_(text), values_(values) {}

  std::optional<TooMuch> run() {
    while (at_ < text_.size() && !found_) step();
    return std::move(found_);
  }

 private:
  void step() {
    const char letter = text_[at_];
    switch (letter) {
      case '#':
        while (at_ < text_.size() && !ends_line(text_[at_])) advance();
        return;
      case '"':
      case '\'':
        return skip_string(letter);
      case '[':
      case '{':
        // A header counts as well, but its end takes it off again.
        if (++depth_ > kDeepestNesting) {
          too_much("more than " + std::to_string(kDeepestNesting) +
                   " arrays and tables within each other");
        }
        count_value();
        break;
      case ']':
      case '}':
        depth_ -= std::min<std::size_t>(depth_, 1);
        dots_ = 0;
        break;
      case ',':
      case '=':
        count_value();
        break;
      case '.':
        if (++dots_ >= kMostParts) {
          too_much("a key of more than " + std::to_string(kMostParts) + " parts");
        }
        break;
      default:
        if (ends_line(letter)) dots_ = 0;
    }
    advance();
  }

  void count_value() {
    dots_ = 0;
    if (++values_ > kMostValues) {
      too_much("more than " + std::to_string(kMostValues) + " keys and values");
    }
  }

  /// Of one line, or of several between three quotes.
  void skip_string(char quote) {
    const std::string three(3, quote);
    if (!text_.substr(at_).starts_with(three)) {
      advance();
      while (at_ < text_.size() && text_[at_] != quote && !ends_line(text_[at_]))
        skip_letter(quote);
      if (at_ < text_.size() && text_[at_] == quote) advance();
      return;
    }
    for (int i = 0; i < 3; ++i) advance();
    while (at_ < text_.size() && !text_.substr(at_).starts_with(three)) skip_letter(quote);
    // The last three of up to five quotes end it.
    for (int i = 0; i < 5 && at_ < text_.size() && text_[at_] == quote; ++i) advance();
  }

  void skip_letter(char quote) {
    const bool escape = quote == '"' && text_[at_] == '\\';
    advance();
    if (escape && at_ < text_.size() && !ends_line(text_[at_])) advance();
  }

  void advance() {
    const char letter = text_[at_++];
    if (letter == '\n') {
      ++line_;
      column_ = 1;
      bytes_in_line_ = 0;
      return;
    }
    if ((letter & 0xc0) != 0x80) ++column_;
    if (++bytes_in_line_ == kLongestLine + 1) {
      too_much("a line of more than " + std::to_string(kLongestLine) + " bytes");
    }
  }

  void too_much(std::string what) {
    if (!found_) found_ = TooMuch{line_, column_, "expected less, got " + std::move(what)};
  }

  std::string_view text_;
  std::size_t& values_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::size_t dots_ = 0;
  std::size_t bytes_in_line_ = 0;
  std::uint32_t line_ = 1;
  std::uint32_t column_ = 1;
  std::optional<TooMuch> found_;
};

}  // namespace

std::optional<TooMuch> find_too_much(std::string_view text, std::size_t& bytes,
                                     std::size_t& values) {
  bytes += text.size();
  if (bytes > kLargestText) {
    return TooMuch{1, 1,
                   "expected less, got files of more than " + std::to_string(kLargestText) +
                       " bytes together"};
  }
  return TextScan(text, values).run();
}

}  // namespace vipherd::config
