// Makes VIPs local on this node: `local VIP dev lo` routes in table local, marked with our
// own protocol number. Owns the rtnetlink sockets. Never touches a route that does not carry
// our protocol number, and never decides: it does what it is told and says what it sees.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "vipherd/base/duration.hpp"
#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/base/result.hpp"
#include "vipherd/model/event.hpp"

namespace vipherd::kernel {

/// Receives KernelSnapshot, KernelChanged, KernelStale, AttachFailed and DetachFailed. Never
/// called from within a method of VipRoutes.
using EventSink = std::function<void(model::Event)>;

class VipRoutes {
 public:
  VipRoutes(boost::asio::io_context& io, std::uint8_t route_protocol, EventSink sink);
  ~VipRoutes();
  VipRoutes(const VipRoutes&) = delete;
  VipRoutes& operator=(const VipRoutes&) = delete;

  /// Opens and subscribes the sockets; must be called once, before anything else.
  Result<void> start();
  /// Dumps the table; a KernelSnapshot follows. `interest` are the VIPs to report from now on.
  void read(std::span<const IpAddress> interest);
  /// Success shows as KernelChanged from the monitor, failure as AttachFailed/DetachFailed.
  void attach(const IpAddress& vip);
  void detach(const IpAddress& vip);
  /// Sends the queued requests in as few writes as possible.
  void flush();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Removes every route with this protocol number from table local, blocking: what is run after
/// the agent died. If there are any it waits for `delay` first: routers are still converging away
/// from the routes that went with the agent's session. Returns how many there were.
Result<std::size_t> remove_all(std::uint8_t route_protocol, Duration delay = Duration::zero());

}  // namespace vipherd::kernel
