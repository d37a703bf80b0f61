// Why a daemon does not hold a route that zebra has: looked up in the daemon's running
// configuration. Where that tells no cause, the sentence says what was checked. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/model/config.hpp"

namespace vipherd::frr {

/// `daemon`: "bgpd", "ospfd", "ospf6d"; `running`: what it answered to `show running-config`,
/// nothing or empty if it did not.
std::string why_missing(std::string_view daemon, const std::optional<std::string>& running,
                        const IpAddress& vip, const model::FrrConfig& config,
                        const std::string& vrf);

}  // namespace vipherd::frr
