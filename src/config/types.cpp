#include <sys/un.h>

#include <climits>

#include "config/type.hpp"
#include "vipherd/base/name.hpp"

namespace vipherd::config {
namespace {

bool has_nul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

bool is_socket_path(std::string_view text) {
  return text.starts_with('/') && text.size() < sizeof(sockaddr_un::sun_path) && !has_nul(text);
}

bool is_absolute_path(std::string_view text) {
  return text.starts_with('/') && text.size() < PATH_MAX && !has_nul(text);
}

std::string printed_text(const std::string& text) { return toml_value(text); }

}  // namespace

Type<bool> boolean() {
  return {"boolean", [](const Value& value) { return value.boolean(); },
          [](bool flag) { return toml_value(flag); }};
}

Type<Duration> duration(Duration least, Duration most) {
  const std::string range = format_duration(least) + " to " + format_duration(most);
  const auto read = [=](const Value& value) -> std::optional<Duration> {
    const auto text = value.text("a duration with its unit such as \"300ms\" (" + range + ")");
    if (!text) return std::nullopt;
    const auto duration = parse_duration(*text);
    if (!duration) {
      value.error(duration.error().what);
      return std::nullopt;
    }
    if (*duration >= least && *duration <= most) return *duration;
    value.error("expected a duration of " + range + ", got \"" + *text + "\"");
    return std::nullopt;
  };
  return {"duration, " + range, read, [](Duration duration) { return toml_value(duration); }};
}

std::optional<std::int64_t> read_integer(const Value& value, std::int64_t least,
                                         std::int64_t most) {
  const std::string range =
      "an integer of " + std::to_string(least) + " to " + std::to_string(most);
  const auto number = value.integer(range);
  if (!number) return std::nullopt;
  if (*number >= least && *number <= most) return number;
  value.expected(range);
  return std::nullopt;
}

std::optional<std::size_t> read_word(const Value& value, std::span<const std::string_view> words) {
  const std::string expected = one_of(words);
  const auto text = value.text(expected);
  if (!text) return std::nullopt;
  const auto found = std::find(words.begin(), words.end(), *text);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  value.expected(expected);
  return std::nullopt;
}

std::string words_in_code(std::span<const std::string_view> words) {
  std::string text;
  for (const std::string_view word : words) {
    text += (text.empty() ? "`" : ", `") + toml_value(word) + "`";
  }
  return text;
}

Type<std::string> text(std::string name, std::string expected, bool (*accepts)(std::string_view)) {
  const auto read =
      [accepts, expected = std::move(expected)](const Value& value) -> std::optional<std::string> {
    auto given = value.text(expected);
    if (!given || accepts(*given)) return given;
    value.expected(expected);
    return std::nullopt;
  };
  return {std::move(name), read, printed_text};
}

Type<std::string> or_none(Type<std::string> type) {
  const auto read = [read_text =
                         std::move(type.read)](const Value& value) -> std::optional<std::string> {
    const auto* given = value.node().as_string();
    return given != nullptr && given->get().empty() ? "" : read_text(value);
  };
  return {type.name + ", or `\"\"` for none", read, type.print};
}

Type<std::string> or_absent(Type<std::string> type) {
  type.print = [print = std::move(type.print)](const std::string& value) {
    return value.empty() ? "" : print(value);
  };
  return type;
}

Type<std::string> socket_path() {
  return text("absolute path",
              "the absolute path of a socket, of at most " +
                  std::to_string(sizeof(sockaddr_un::sun_path) - 1) + " characters",
              is_socket_path);
}

Type<std::string> absolute_path() {
  return text("absolute path", "the absolute path of a file", is_absolute_path);
}

Type<std::string> vrf() {
  const Type<std::string> device =
      text("name of a VRF's device, or `\"default\"`",
           "the name of a VRF's device such as \"blue\", or \"default\" for the default VRF",
           is_device_name);
  const auto read = [device](const Value& value) {
    auto name = device.read(value);
    if (name == "default") name = "";
    return name;
  };
  return {device.name, read,
          [](const std::string& name) { return printed_text(name.empty() ? "default" : name); }};
}

}  // namespace vipherd::config
