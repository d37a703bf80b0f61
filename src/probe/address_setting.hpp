// The setting that names the address and port a probe connects to, alike in most kinds. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "vipherd/base/socket_address.hpp"
#include "vipherd/model/settings.hpp"

namespace vipherd::probe {

inline std::optional<SocketAddress> address_in(const model::Settings& settings,
                                               std::string_view key) {
  const auto parsed = SocketAddress::parse(model::setting_or<std::string>(settings, key, {}));
  return parsed ? std::optional(*parsed) : std::nullopt;
}

/// The same settings with another address, and the port as it is. Of valid settings.
inline model::Settings with_address(const model::Settings& settings, std::string_view key,
                                    const IpAddress& address) {
  model::Settings aimed = settings;
  aimed[std::string(key)] = SocketAddress{address, address_in(settings, key)->port}.to_string();
  return aimed;
}

}  // namespace vipherd::probe
