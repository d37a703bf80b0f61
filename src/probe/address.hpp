// "127.0.0.1:80" and "[::1]:80": numeric addresses with a port, so that a check of a local
// service needs no resolver. Also the words for a connection that could not be made.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/base/result.hpp"

namespace vipherd::probe {

struct SocketAddress {
  IpAddress address;
  std::uint16_t port = 0;
  std::string to_string() const;
  friend bool operator==(const SocketAddress&, const SocketAddress&) = default;
};

Result<SocketAddress> parse_socket_address(std::string_view text);

/// Why connect() to `target` failed with this errno.
std::string describe_connect_error(std::string_view target, int error);

}  // namespace vipherd::probe
