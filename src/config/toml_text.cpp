#include "config/toml_text.hpp"

#include <algorithm>
#include <array>

#include "vipherd/base/join.hpp"

namespace vipherd::config {
namespace {

bool is_bare(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

std::string escaped(char c) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto code = static_cast<unsigned char>(c);
  if (c == '"' || c == '\\') return {'\\', c};
  if (code >= 0x20 && code != 0x7f) return {c};
  return std::string("\\u00") + kDigits[code >> 4] + kDigits[code & 0xf];
}

}  // namespace

std::string toml_key(std::string_view key) {
  return !key.empty() && std::ranges::all_of(key, is_bare) ? std::string(key) : toml_value(key);
}

std::string toml_value(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) quoted += escaped(c);
  return quoted + "\"";
}

std::string toml_value(const char* text) { return toml_value(std::string_view(text)); }
std::string toml_value(bool flag) { return flag ? "true" : "false"; }
std::string toml_value(std::int64_t number) { return std::to_string(number); }

std::string toml_value(Duration duration) {
  const std::string usual = format_duration(duration);
  const auto read = parse_duration(usual);
  const bool same = read && *read == duration;
  return toml_value(same ? usual : std::to_string(duration.count()) + "ns");
}

std::string toml_array(const std::vector<std::string>& values) { return "[" + join(values) + "]"; }

}  // namespace vipherd::config
