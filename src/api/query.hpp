// The query of a request, read against the parameters that its route has. Pure.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "vipherd/api/routes.hpp"
#include "vipherd/base/result.hpp"

namespace vipherd::api {

/// At most so many events at a time.
inline constexpr std::uint32_t kMostEventsAtOnce = 1000;

class Query {
 public:
  Query() = default;

  /// "force=1&reason=kernel%20upgrade": each parameter once at most, decoded, and of its kind.
  /// Anything else is an error that says what was expected: a misspelt parameter that was passed
  /// over would be taken for obeyed.
  static Result<Query> read(std::string_view text, std::span<const Parameter> parameters);

  /// nullptr: not given.
  const std::string* find(std::string_view name) const;
  bool has(std::string_view name) const { return find(name) != nullptr; }
  /// Of a parameter that is a number; nullopt: not given.
  std::optional<std::uint64_t> number(std::string_view name) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace vipherd::api
