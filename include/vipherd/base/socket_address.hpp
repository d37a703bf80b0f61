// "127.0.0.1:80" and "[::1]:80": a numeric address with a port. Never asks a resolver.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/base/result.hpp"

namespace vipherd {

struct SocketAddress {
  IpAddress address;
  std::uint16_t port = 0;
  /// Fails with a sentence that quotes the text. Port 0 is none.
  static Result<SocketAddress> parse(std::string_view text);
  std::string to_string() const;
  friend bool operator==(const SocketAddress&, const SocketAddress&) = default;
};

}  // namespace vipherd
