// One check: the keys common to all kinds, and those of its own kind.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "config/table.hpp"
#include "vipherd/model/config.hpp"
#include "vipherd/model/settings.hpp"

namespace vipherd::config {

/// Of `service` the VIPs, for via_vip, and the VRF are read already.
model::CheckConfig read_check(std::string name, Table& table, const model::ServiceConfig& service,
                              std::span<const model::CheckSchema> schemas);

/// The kind of that name, or null.
const model::CheckSchema* find_schema(std::string_view type,
                                      std::span<const model::CheckSchema> schemas);

}  // namespace vipherd::config
