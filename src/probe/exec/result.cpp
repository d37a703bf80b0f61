#include "probe/exec/result.hpp"

#include <cstring>
#include <utility>

namespace vipherd::probe::exec {
namespace {

constexpr std::size_t kLongestReason = 200;

/// Exit codes of plugins, monitoring-plugins.org; 2 is CRITICAL, 3 UNKNOWN.
constexpr int kOk = 0;
constexpr int kWarning = 1;

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

/// The length of the UTF-8 character that `text` begins with; 0 if it does not.
std::size_t character_length(std::string_view text) {
  const auto byte = [&](std::size_t index) {
    return index < text.size() ? static_cast<unsigned char>(text[index]) : 0U;
  };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  std::uint32_t point = lead & (0x7fU >> length);
  for (std::size_t index = 1; index < length; ++index) {
    if ((byte(index) & 0xc0U) != 0x80) return 0;
    point = point << 6 | (byte(index) & 0x3fU);
  }
  constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = point >= 0xd800 && point <= 0xdfff;
  const bool is_c1_control = point < 0xa0;
  const bool is_none = lead < 0xc2 || lead > 0xf4 || point < kLeast[length] || point > 0x10ffff;
  return is_none || is_surrogate || is_c1_control ? 0 : length;
}

/// Controls become spaces, what is not UTF-8 becomes '?'.
std::string printable(std::string_view line) {
  std::string text;
  while (!line.empty()) {
    const std::size_t length = character_length(line);
    if (text.size() + length > kLongestReason) break;
    if (length == 0) {
      text += '?';
    } else if (is_control(line.front())) {
      text += ' ';
    } else {
      text += line.substr(0, length);
    }
    line.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return text;
}

std::string trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(' ');
  if (begin == text.npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(' ') - begin + 1));
}

std::string signal_in_words(int number) {
  const char* name = sigabbrev_np(number);
  return name != nullptr ? std::string("SIG") + name : "signal " + std::to_string(number);
}

}  // namespace

std::string first_line(std::string_view output) {
  while (!output.empty()) {
    const std::string_view line = output.substr(0, output.find('\n'));
    std::string text = trimmed(printable(line.substr(0, line.find('|'))));
    if (!text.empty()) return text;
    output.remove_prefix(std::min(line.size() + 1, output.size()));
  }
  return {};
}

Outcome evaluate_exec(const ChildEnd& end, std::string_view output, const std::string& name,
                      bool warning_passes) {
  if (!end.not_started.empty()) return could_not_run(end.not_started);
  const std::string line = first_line(output);
  const std::string said = line.empty() ? std::string() : ": " + line;
  if (end.signal != 0) {
    return {false, name + " was killed by " + signal_in_words(end.signal) + said};
  }
  if (end.exit_code == kOk) return {true, line.empty() ? name + " ended with exit code 0" : line};
  const std::string words = name + " ended with exit code " + std::to_string(end.exit_code) + said;
  const bool passes = end.exit_code == kWarning && warning_passes;
  Outcome outcome{passes, words};
  if (passes) outcome.warning = words;
  return outcome;
}

}  // namespace vipherd::probe::exec
