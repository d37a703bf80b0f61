// NETLINK_SOCK_DIAG messages that list TCP sockets, as pure bytes <-> values. Owns no socket and
// reads no clock; every length that comes in is checked. Names are those of linux/inet_diag.h.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/base/result.hpp"

namespace vipherd::wire::sock_diag {

using Bytes = std::vector<std::uint8_t>;

/// A request for the TCP sockets of a family whose local address is this, in states in which data
/// may still be on its way in either direction: ESTABLISHED, CLOSE_WAIT (the client has said all,
/// we may not have), FIN_WAIT1, CLOSING and LAST_ACK (what we said last is not acknowledged). Not
/// SYN_RECV, which has no data, nor FIN_WAIT2 and TIME_WAIT, which wait for a client that may never
/// answer. The kernel filters. Sockets of IPv6 may have an IPv4 address (::ffff:192.0.2.1): for one
/// of those `local` is IPv4.
Bytes encode_request(Family sockets, const IpAddress& local, std::uint32_t sequence);

/// inet_diag_msg.
struct Socket {
  std::uint8_t state = 0;  ///< TCP_*
  IpAddress local;         ///< IPv4 as ::ffff:192.0.2.1 on a socket of IPv6
  IpAddress remote;
  std::uint16_t local_port = 0;
  std::uint16_t remote_port = 0;
  friend bool operator==(const Socket&, const Socket&) = default;
};
/// NLMSG_DONE or NLMSG_ERROR: nothing more follows.
struct End {
  int error = 0;  ///< a positive errno, 0 for success
  friend bool operator==(const End&, const End&) = default;
};
/// A message of another type.
struct Other {
  std::uint16_t type = 0;
  friend bool operator==(const Other&, const Other&) = default;
};

struct Message {
  std::uint32_t sequence = 0;
  std::variant<Socket, End, Other> body;
  friend bool operator==(const Message&, const Message&) = default;
};

/// Takes the first message off `buffer`; nothing when it is empty. After a failure the rest of
/// the buffer cannot be understood.
Result<std::optional<Message>> decode_next(std::span<const std::uint8_t>& buffer);

}  // namespace vipherd::wire::sock_diag
