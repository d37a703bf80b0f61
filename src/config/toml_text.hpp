// Values as TOML writes them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "vipherd/base/duration.hpp"

namespace vipherd::config {

/// A key, quoted if it has to be.
std::string toml_key(std::string_view key);
std::string toml_value(std::string_view text);
std::string toml_value(const char* text);  // would be a bool otherwise
std::string toml_value(bool flag);
std::string toml_value(std::int64_t number);
/// In the shortest form that is read as the same duration.
std::string toml_value(Duration duration);
/// An array of values that are TOML already.
std::string toml_array(const std::vector<std::string>& values);

template <class T>
std::string toml_array_of(const std::vector<T>& values) {
  std::vector<std::string> texts;
  texts.reserve(values.size());
  for (const T& value : values) texts.push_back(toml_value(value));
  return toml_array(texts);
}

}  // namespace vipherd::config
