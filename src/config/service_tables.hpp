// The tables within a service: [services.NAME.damping] and [services.NAME.watch].
#pragma once

#include <optional>

#include "config/table.hpp"
#include "vipherd/model/config.hpp"

namespace vipherd::config {

/// Nothing unless the service has such a table.
std::optional<model::Damping> read_damping(const Table& service, Faults& faults);

/// Sets what the service's table says.
void read_watch(const Table& service_table, Faults& faults, model::ServiceConfig& service);

}  // namespace vipherd::config
