// How values are written: a type reads a TOML value or reports what was expected, prints it, and
// has a name for the documentation. It makes no use of where the value is going.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/table.hpp"
#include "config/toml_text.hpp"
#include "vipherd/base/duration.hpp"

namespace vipherd::config {

template <class T>
struct Type {
  std::string name;                                    ///< "duration, 0s to 1m", in Markdown
  std::function<std::optional<T>(const Value&)> read;  ///< nothing, with an error
  std::function<std::string(const T&)> print;          ///< as TOML; empty: nothing to write
};

Type<bool> boolean();

/// A duration within [least, most].
Type<Duration> duration(Duration least, Duration most);

inline constexpr std::int64_t kGreatestNumber = std::numeric_limits<std::uint32_t>::max();

/// An integer within [least, most], or nothing with an error.
std::optional<std::int64_t> read_integer(const Value& value, std::int64_t least, std::int64_t most);

template <class T = std::uint32_t>
Type<T> integer(std::int64_t least, std::int64_t most) {
  return {"integer, " + std::to_string(least) + " to " + std::to_string(most),
          [=](const Value& value) -> std::optional<T> {
            const auto number = read_integer(value, least, most);
            return number ? std::optional(static_cast<T>(*number)) : std::nullopt;
          },
          [](T number) { return toml_value(std::int64_t{number}); }};
}

/// The index of the word among `words`, or nothing with an error.
std::optional<std::size_t> read_word(const Value& value, std::span<const std::string_view> words);

/// `"a"`, `"b"`
std::string words_in_code(std::span<const std::string_view> words);

/// One of these words; each stands for a value.
template <class T>
Type<T> word(const std::vector<std::pair<std::string_view, T>>& pairs) {
  std::vector<std::string_view> words;
  std::vector<T> values;
  for (const auto& [word, value] : pairs) {
    words.push_back(word);
    values.push_back(value);
  }
  return {words_in_code(words),
          [=](const Value& value) -> std::optional<T> {
            const auto index = read_word(value, words);
            return index ? std::optional(values[*index]) : std::nullopt;
          },
          [=](T value) {
            const auto found = std::find(values.begin(), values.end(), value);
            return toml_value(words[static_cast<std::size_t>(found - values.begin())]);
          }};
}

/// A string that `accepts` takes.
Type<std::string> text(std::string name, std::string expected, bool (*accepts)(std::string_view));
/// The same, or the empty string.
Type<std::string> or_none(Type<std::string> type);
/// The same; the empty string stands for a key that is not given.
Type<std::string> or_absent(Type<std::string> type);

/// The path of a UNIX socket: absolute, and not longer than the kernel takes.
Type<std::string> socket_path();
/// The absolute path of a file.
Type<std::string> absolute_path();
/// The name of a VRF's device; "default" reads as the empty name.
Type<std::string> vrf();

/// A string that Parser::parse takes.
template <class T, class Parser = T>
Type<T> parsed(std::string name, std::string expected) {
  return {std::move(name),
          [expected = std::move(expected)](const Value& value) -> std::optional<T> {
            const auto text = value.text(expected);
            if (!text) return std::nullopt;
            const auto result = Parser::parse(*text);
            if (result) return *result;
            value.expected(expected);
            return std::nullopt;
          },
          [](const T& value) { return toml_value(value.to_string()); }};
}

/// The elements, if all of them are right; in a set none is there twice.
template <class T>
std::optional<std::vector<T>> read_elements(const std::vector<Value>& elements, const Type<T>& type,
                                            bool is_set) {
  std::vector<T> values;
  for (const Value& element : elements) {
    auto value = type.read(element);
    if (!value) continue;
    if (is_set && std::find(values.begin(), values.end(), *value) != values.end()) {
      element.error(type.print(*value) + " is listed twice");
    } else {
      values.push_back(std::move(*value));
    }
  }
  return values.size() == elements.size() ? std::optional(std::move(values)) : std::nullopt;
}

/// An array; `is_set`: of at least one element, none of which is there twice.
template <class T>
Type<std::vector<T>> array_of(Type<T> type, std::string name, std::string expected,
                              bool is_set = false) {
  const auto read = [type, is_set, expected = std::move(expected)](
                        const Value& value) -> std::optional<std::vector<T>> {
    const auto elements = value.elements(expected);
    if (!elements) return std::nullopt;
    if (!is_set || !elements->empty()) return read_elements(*elements, type, is_set);
    value.error("expected " + expected + ", got an empty one");
    return std::nullopt;
  };
  return {std::move(name), read, [type](const std::vector<T>& values) {
            std::vector<std::string> texts;
            texts.reserve(values.size());
            for (const T& value : values) texts.push_back(type.print(value));
            return toml_array(texts);
          }};
}

template <class T>
Type<std::vector<T>> set_of(Type<T> type, std::string name, std::string expected) {
  return array_of(std::move(type), std::move(name), std::move(expected), true);
}

/// A key that may be absent.
template <class T>
Type<std::optional<T>> maybe(Type<T> type) {
  return {
      type.name,
      [read = type.read](const Value& value) -> std::optional<std::optional<T>> {
        auto result = read(value);
        return result ? std::optional(std::optional(std::move(*result))) : std::nullopt;
      },
      [print = type.print](const std::optional<T>& value) { return value ? print(*value) : ""; }};
}

/// The same type with another name, where the documentation has more to say.
template <class T>
Type<T> named(const std::string& name, Type<T> type) {
  type.name = name;
  return type;
}

}  // namespace vipherd::config
