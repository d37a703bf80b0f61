// What no configuration has and no parser should be given: a TOML parser recurses with what is
// nested, and makes an object of each value, so a text of a megabyte can take a stack or a minute.
// Looks at the text as it is, before it is parsed; knows of TOML no more than where strings and
// comments are. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vipherd::config {

/// Far above any sensible configuration: 10,000 services with a check each take 2 MB and 120,000
/// keys.
inline constexpr std::size_t kLargestText = std::size_t{8} << 20;  ///< bytes, of all files
inline constexpr std::size_t kLongestLine = std::size_t{1} << 20;  ///< bytes
inline constexpr std::size_t kMostParts = 32;                      ///< of a dotted key or a header
inline constexpr std::size_t kDeepestNesting = 32;                 ///< of arrays and inline tables
inline constexpr std::size_t kMostValues = 400'000;                ///< of all files

struct TooMuch {
  std::uint32_t line = 1;    ///< from 1
  std::uint32_t column = 1;  ///< from 1, in characters
  std::string message;
};

/// The first thing that is too much, or nothing. `bytes` and `values` are what the files before
/// had, and grow by what this one has.
std::optional<TooMuch> find_too_much(std::string_view text, std::size_t& bytes,
                                     std::size_t& values);

}  // namespace vipherd::config
