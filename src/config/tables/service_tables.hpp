// The tables within a service: the rows of each, and how it is read.
#pragma once

#include <optional>

#include "config/row.hpp"
#include "vipherd/model/config.hpp"

namespace vipherd::config {

/// Why some keys are refused with frr.announcer = "connected".
inline constexpr std::string_view kAddressAlone =
    "with frr.announcer = \"connected\" the address is the announcement";

const Rows<model::RoutePolicy>& announce_rows();
const Rows<model::Drain>& drain_rows();
const Rows<model::Guard>& guard_rows();
const Rows<model::Damping>& damping_rows();
const Rows<model::ServiceWatch>& watch_rows();

/// Reads announce and drain, and sees that the service's own keys are right for the announcer.
void read_announcing(const Table& service_table, Errors& errors, model::Announcer announcer,
                     model::ServiceConfig& service);

/// Reads what one VIP of the service announces for itself, each key that is not given as the
/// service has it. After read_announcing.
void read_own_route(const Table& vip_table, Errors& errors, model::Announcer announcer,
                    const IpAddress& vip, model::ServiceConfig& service);

void read_guard(const Table& service_table, Errors& errors, model::Guard& guard);

/// Nothing unless the service has such a table.
std::optional<model::Damping> read_damping(const Table& service_table, Errors& errors);

void read_watch(const Table& service_table, Errors& errors, model::ServiceWatch& watch);

}  // namespace vipherd::config
