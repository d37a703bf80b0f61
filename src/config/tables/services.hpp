// The services with their VIPs and checks: [services.NAME] and [services.NAME.checks.NAME].
#pragma once

#include <span>
#include <vector>

#include "config/row.hpp"
#include "vipherd/model/config.hpp"
#include "vipherd/model/settings.hpp"

namespace vipherd::config {

const Rows<model::ServiceConfig>& service_rows();
/// Of one VIP, announced differently from the others.
const Rows<model::RouteAttributes>& vip_rows();

/// What services are checked against. An empty pool excludes nothing: its own error is reported
/// already, and one for every VIP would bury it.
struct ServiceRules {
  std::span<const IpPrefix> pool;
  std::span<const model::CheckSchema> schemas;
  model::Announcer announcer = model::Announcer::zapi;
};

/// `table` holds the services of all files by name. The result is ordered by name.
std::vector<model::ServiceConfig> read_services(const Table& table, Errors& errors,
                                                const ServiceRules& rules);

}  // namespace vipherd::config
