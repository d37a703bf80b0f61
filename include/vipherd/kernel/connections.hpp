// Counts the TCP connections to a VIP that a withdrawal would break, by asking the kernel over
// NETLINK_SOCK_DIAG. Owns the socket while there are questions; asks one at a time, never waits,
// and gives up after a second. Connections of this node to its own VIP (its checks and watchers)
// do not count, nor does UDP, which has none.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>

#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/model/event.hpp"

namespace vipherd::kernel {

class ConnectionCounter {
 public:
  /// Receives ConnectionsCounted. Never called from within a method.

  ConnectionCounter(boost::asio::io_context& io, model::EventSink sink);
  /// No event follows.
  ~ConnectionCounter();
  ConnectionCounter(const ConnectionCounter&) = delete;
  ConnectionCounter& operator=(const ConnectionCounter&) = delete;

  /// One ConnectionsCounted follows; a VIP that is waiting already is not counted twice.
  void count(const IpAddress& vip);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;  ///< shared with the handlers in flight
};

}  // namespace vipherd::kernel
