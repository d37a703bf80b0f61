// One check: the keys common to all kinds, and those of its own kind.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "config/row.hpp"
#include "vipherd/model/config.hpp"
#include "vipherd/model/settings.hpp"

namespace vipherd::config {

inline constexpr Duration kShortestInterval = std::chrono::milliseconds(10);
inline constexpr std::int64_t kLongestStreak = 1000;

/// What is common to all kinds.
const Rows<model::CheckConfig>& check_rows();

/// Of `service` the VIPs, for via_vip, and the VRF are read already.
model::CheckConfig read_check(std::string name, Table& table, const model::ServiceConfig& service,
                              std::span<const model::CheckSchema> schemas);

/// The kind of that name, or null.
const model::CheckSchema* find_schema(std::string_view type,
                                      std::span<const model::CheckSchema> schemas);

}  // namespace vipherd::config
