// What is known of the kernel's table local: which VIPs are local, and by whose doing. Fed
// with rtnetlink messages from a dump and from the monitor; owns no socket, never asks.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/model/event.hpp"
#include "vipherd/wire/rtnetlink.hpp"

namespace vipherd::kernel {

class LocalTable {
 public:
  /// Routes with `route_protocol` on the interface `loopback` are ours.
  LocalTable(std::uint8_t route_protocol, std::uint32_t loopback)
      : route_protocol_(route_protocol), loopback_(loopback) {}

  /// From now on these VIPs are of interest, and all routes of ours.
  void set_interest(std::set<IpAddress> interest) { interest_ = std::move(interest); }
  void forget_routes() { vips_.clear(); }

  /// A local host route, ours or of a VIP of interest; apply() ignores all others.
  bool concerns(const wire::rtnetlink::RouteMessage& route) const;

  /// Takes a route from a dump or the monitor. Taking the same one twice is harmless.
  /// Returns the VIP's state if the message changed it.
  std::optional<model::KernelVip> apply(const wire::rtnetlink::RouteMessage& route);

  /// True for a message after which the kernel has to be asked again: it replaced a route that
  /// we may have counted, and does not say which.
  bool leaves_doubt(const wire::rtnetlink::RouteMessage& route) const;

  /// True if a VIP is local through this interface, other than by a route of ours. The kernel
  /// drops a route without a word when its interface goes.
  bool depends_on(std::uint32_t interface) const;

  /// All VIPs that are present.
  std::vector<model::KernelVip> snapshot() const;

 private:
  struct Foreign {
    std::uint8_t protocol;
    std::uint32_t oif;
    std::uint32_t priority;
    friend auto operator<=>(const Foreign&, const Foreign&) = default;
  };
  /// Ours and foreign ones live side by side: an address on lo adds the kernel's own route
  /// beside ours, and removing either leaves the other.
  struct Routes {
    std::set<std::uint32_t> ours;  ///< priorities: nearly always one
    std::set<Foreign> foreign;
    model::KernelRoute state() const;
  };

  bool is_ours(const wire::rtnetlink::RouteMessage& route) const;

  std::uint8_t route_protocol_;
  std::uint32_t loopback_;
  std::set<IpAddress> interest_;
  std::map<IpAddress, Routes> vips_;  ///< only those present
};

}  // namespace vipherd::kernel
