// How a service is announced, beside its VIPs and checks: attributes by state, drain, weight,
// guard.
#pragma once

#include "config/table.hpp"
#include "vipherd/model/config.hpp"

namespace vipherd::config {

/// Reads tag, metric, announce, drain, weight, weighting, weigh_health, guard and on_all_down.
void read_announcing(const Table& service_table, Faults& faults, model::Announcer announcer,
                     model::ServiceConfig& service);

}  // namespace vipherd::config
