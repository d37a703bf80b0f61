// Addresses that no router carries.
#pragma once

#include <optional>
#include <string_view>

#include "vipherd/base/ip_prefix.hpp"

namespace vipherd::config {

/// Why no router could carry a route to this address ("loopback"), or nothing.
std::optional<std::string_view> unroutable(const IpAddress& address);

}  // namespace vipherd::config
