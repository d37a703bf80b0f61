// Sends requests from this host, each on a connection or from a socket of its own, and tells who
// answered each. Bounded in requests under way, bytes and time; blocks until all have ended.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/base/result.hpp"
#include "vipherd/base/socket_address.hpp"
#include "vipherd/spread/tally.hpp"

namespace vipherd::spread {

struct Target {
  std::string url;       ///< of HTTP or HTTPS; empty: DNS
  std::string name;      ///< whose TXT record tells the node
  SocketAddress server;  ///< of DNS
};
/// "http://10.10.10.10/", "dns:node.example.com@10.10.10.53", "dns:NAME@[2001:db8::53]:5353"
Result<Target> parse_target(const std::string& text);

struct Options {
  Target target;
  std::size_t requests = 1000;
  std::optional<IpAddress> from;
  /// HTTP: where the node's name is; both empty: the first line of the body.
  std::string header;
  std::string body;       ///< RE2: its first group, or all of it
  bool insecure = false;  ///< HTTPS: with any certificate
  /// The first source port, the next request has the next one; 0: as the kernel chooses. With the
  /// same ports a round repeats the one before: whatever changes nodes was moved.
  std::uint16_t first_port = 0;
};

/// Fails if the options cannot be carried out at all; what becomes of each request is in the round.
Result<Round> send_round(const Options& options);

}  // namespace vipherd::spread
