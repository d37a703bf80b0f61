// What a kind of check makes of settings, and what it says of them.
#pragma once

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vipherd/probe/kinds.hpp"

namespace vipherd::probe::testing {

inline const model::CheckSchema& schema_of(std::string_view type) {
  const auto found = std::ranges::find(check_schemas(), type, &model::CheckSchema::type);
  if (found == check_schemas().end()) throw std::runtime_error("no such kind");
  return *found;
}

inline std::vector<model::SettingError> refused(std::string_view type,
                                                const model::Settings& given) {
  return schema_of(type).prepare(given).errors;
}

/// "KEY: MESSAGE" each.
inline std::vector<std::string> errors_of(std::string_view type, const model::Settings& given) {
  std::vector<std::string> texts;
  for (const auto& error : refused(type, given)) texts.push_back(error.key + ": " + error.message);
  return texts;
}

/// As a configuration holds them. They have to be valid.
inline model::CheckSettings prepared(std::string_view type, model::Settings given) {
  model::Preparation made = schema_of(type).prepare(given);
  if (!made.errors.empty()) throw std::runtime_error(made.errors.front().message);
  return {std::move(given), std::move(made.prepared), made.target};
}

}  // namespace vipherd::probe::testing
