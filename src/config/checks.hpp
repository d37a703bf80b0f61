// One check: the keys common to all kinds, and those of its own kind.
#pragma once

#include <span>
#include <string>

#include "config/table.hpp"
#include "vipherd/model/config.hpp"
#include "vipherd/model/settings.hpp"

namespace vipherd::config {

model::CheckConfig read_check(std::string name, Table& table,
                              std::span<const model::CheckSchema> schemas);

}  // namespace vipherd::config
