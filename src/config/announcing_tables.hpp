// How a service is announced, beside its VIPs and checks: attributes by state, drain, weight,
// guard.
#pragma once

#include "config/table.hpp"
#include "vipherd/model/config.hpp"

namespace vipherd::config {

/// Why some keys are refused with frr.announcer = "connected".
inline constexpr std::string_view kAddressAlone =
    "with frr.announcer = \"connected\" the address is the announcement";

/// Reads tag, metric, announce, drain, weight, weighting, weigh_health, guard and on_all_down.
void read_announcing(const Table& service_table, Faults& faults, model::Announcer announcer,
                     model::ServiceConfig& service);

/// Reads what one VIP of the service announces for itself: tag, metric and announce, each that is
/// not given as the service has it. After read_announcing.
void read_own_route(const Table& vip_table, Faults& faults, model::Announcer announcer,
                    const IpAddress& vip, model::ServiceConfig& service);

}  // namespace vipherd::config
