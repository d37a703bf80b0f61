#include "setup/import_words.hpp"

#include <algorithm>
#include <chrono>

#include "config/toml_text.hpp"
#include "vipherd/base/duration.hpp"
#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/base/numbers.hpp"

namespace vipherd::setup {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

}  // namespace

std::string trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(kBlanks);
  if (begin == text.npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1));
}

Texts words_of(std::string_view line) {
  Texts words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (std::size_t at = 0; at < line.size(); ++at) {
    const char letter = line[at];
    if (letter == '\\' && quote != '\'' && at + 1 < line.size()) {
      word += line[++at];
      in_word = true;
    } else if (quote != 0) {
      if (letter == quote) {
        quote = 0;
      } else {
        word += letter;
      }
    } else if (letter == '"' || letter == '\'') {
      quote = letter;
      in_word = true;
    } else if (kBlanks.find(letter) != kBlanks.npos) {
      if (in_word) words.push_back(std::exchange(word, ""));
      in_word = false;
    } else {
      word += letter;
      in_word = true;
    }
  }
  if (in_word) words.push_back(word);
  return words;
}

std::optional<std::string> seconds(const std::string& number) {
  const bool plain = !number.empty() && number.find_first_not_of("0123456789.") == number.npos;
  const auto parsed = plain ? parse_duration(number + "s") : parse_duration("");
  if (!parsed || *parsed < std::chrono::milliseconds(10)) return std::nullopt;
  return config::toml_value(*parsed);
}

void add_seconds(DraftCheck& check, const std::string& name, const std::string& number) {
  if (const auto value = seconds(number)) {
    check.keys.push_back({name, *value});
  } else {
    check.remarks.push_back("no equivalent: " + name + " of \"" + number + "\"");
  }
}

void add_number(DraftCheck& check, const std::string& name, const std::string& number) {
  const auto value = parse_number<std::uint32_t>(number);
  if (value && *value > 0) {
    check.keys.push_back({name, config::toml_value(std::int64_t{*value})});
  } else {
    check.remarks.push_back("no equivalent: " + name + " of \"" + number + "\"");
  }
}

DraftCheck command_check(const std::string& command) {
  DraftCheck check{.name = "command"};
  const Texts words = words_of(command);
  const auto url = std::ranges::find_if(words, [](const std::string& word) {
    return word.starts_with("http://") || word.starts_with("https://");
  });
  if (!words.empty() && words[0].ends_with("curl") && url != words.end()) {
    check.remarks.push_back("A program for each probe. The same without one: type = \"" +
                            url->substr(0, url->find(':')) +
                            "\", url = " + config::toml_value(*url));
  } else if (!words.empty() && (words[0].ends_with("dig") || words[0].ends_with("host"))) {
    check.remarks.push_back("A program for each probe. The same without one: type = \"dns\".");
  }
  check.keys = {{"type", config::toml_value(std::string_view("exec"))},
                {"shell", config::toml_value(std::string_view(command))}};
  return check;
}

std::optional<std::string> host_of(const std::string& prefix) {
  const auto slash = prefix.find('/');
  const auto address = IpAddress::parse(prefix.substr(0, slash));
  if (!address) return std::nullopt;
  const std::string whole = address->family() == Family::ipv4 ? "/32" : "/128";
  if (slash != prefix.npos && prefix.substr(slash) != whole) return std::nullopt;
  return address->to_string();
}

}  // namespace vipherd::setup
