// Small tools for reading the daemons' answers.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/base/lines.hpp"
#include "vipherd/base/numbers.hpp"

namespace vipherd::wire::vty {

/// LSInfinity - 1: the highest metric of an external LSA at which the route is still reachable,
/// which the route-maps give to what is drained.
inline constexpr std::uint32_t kLeastPreferred = 16'777'214;

/// What follows `key` in a line such as "  LS age: 27", or nothing.
inline std::optional<std::string_view> value_of(std::string_view line, std::string_view key) {
  line = trim(line);
  if (!line.starts_with(key)) return std::nullopt;
  return trim(line.substr(key.size()));
}

/// The number that `text` begins with.
inline std::optional<std::uint32_t> leading_number(std::string_view text) {
  return take_number<std::uint32_t>(text);
}

/// An OSPF area's id as a daemon writes it, "0.0.0.1" or "1", in dotted form.
inline std::optional<IpAddress> parse_area_id(std::string_view text) {
  if (text.find('.') != std::string_view::npos) {
    const auto dotted = IpAddress::parse(text);
    return dotted && dotted->is_v4() ? std::optional(*dotted) : std::nullopt;
  }
  const auto number = parse_number<std::uint32_t>(text);
  if (!number) return std::nullopt;
  const std::array<std::uint8_t, 4> bytes{
      static_cast<std::uint8_t>(*number >> 24), static_cast<std::uint8_t>(*number >> 16),
      static_cast<std::uint8_t>(*number >> 8), static_cast<std::uint8_t>(*number)};
  return IpAddress::from_bytes(bytes);
}

/// Fit for a log line: at most 64 bytes, and nothing that a terminal would act on.
inline std::string printable(std::string_view text) {
  constexpr std::size_t kLongest = 64;
  std::string clean(text.substr(0, kLongest));
  for (char& letter : clean) {
    if (letter < ' ' || letter > '~') letter = '?';
  }
  return clean;
}

/// What to say of an answer of another form than was expected: "% OSPF instance not found" and the
/// like, or that it was not understood.
inline std::string complaint(std::string_view answer, std::string_view what) {
  std::string_view said = trim(answer);
  if (said.starts_with("% ")) said.remove_prefix(2);
  constexpr std::size_t kOneSentence = 64;
  if (!said.empty() && said.size() <= kOneSentence && said.find('\n') == std::string_view::npos) {
    return printable(said);
  }
  return std::string(what) + " was not understood";
}

inline const nlohmann::json* member(const nlohmann::json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}
/// ospfd tells of a VRF other than the default one within an object of its name:
/// {"blue": {"vrfName": "blue", ...}}.
inline const nlohmann::json& within_vrf(const nlohmann::json& document) {
  if (!document.is_object() || document.size() != 1) return document;
  const nlohmann::json& inner = document.front();
  return member(inner, "vrfName") != nullptr ? inner : document;
}
inline bool flag(const nlohmann::json& object, const char* key) {
  const nlohmann::json* found = member(object, key);
  return found != nullptr && found->is_boolean() && found->get<bool>();
}
inline std::string text_of(const nlohmann::json& object, const char* key) {
  const nlohmann::json* found = member(object, key);
  return found != nullptr && found->is_string() ? printable(found->get_ref<const std::string&>())
                                                : std::string();
}

}  // namespace vipherd::wire::vty
