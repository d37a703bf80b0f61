// One question to the kernel and its whole answer, on a socket of the caller's that nothing else
// uses. Does not wait: the answer is there when send() returns, or is made while it is received.
#pragma once

#include <cstdint>
#include <functional>

#include "vipherd/netlink/socket.hpp"
#include "vipherd/wire/netlink/rtnetlink.hpp"

namespace vipherd::netlink {

/// Calls `take` with each message of the answer until it returns true. Fails with a sentence if
/// the answer is broken or never ends.
Result<void> ask(const Socket& socket, const wire::rtnetlink::Bytes& request,
                 std::uint32_t sequence,
                 const std::function<bool(const wire::rtnetlink::Body&)>& take);

}  // namespace vipherd::netlink
