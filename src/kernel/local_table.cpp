#include "kernel/local_table.hpp"

#include <linux/rtnetlink.h>

#include <algorithm>

namespace vipherd::kernel {

using model::KernelRoute;
using model::KernelVip;
using wire::rtnetlink::RouteMessage;

KernelRoute LocalTable::Routes::state() const {
  // Ours is named first: it is what detaching removes, whatever else keeps the VIP local.
  if (!ours.empty()) return KernelRoute::ours;
  return foreign.empty() ? KernelRoute::absent : KernelRoute::foreign;
}

bool LocalTable::is_ours(const RouteMessage& route) const {
  return route.protocol == route_protocol_ && route.oif == loopback_;
}

bool LocalTable::concerns(const RouteMessage& route) const {
  if (route.type != RTN_LOCAL || route.table != RT_TABLE_LOCAL || route.cloned) return false;
  if (!route.destination.is_host_route()) return false;
  return is_ours(route) || interest_.contains(route.destination.address);
}

std::optional<KernelVip> LocalTable::apply(const RouteMessage& route) {
  if (!concerns(route)) return std::nullopt;
  const IpAddress& vip = route.destination.address;
  Routes& routes = vips_[vip];
  const KernelRoute before = routes.state();
  const Foreign foreign{route.protocol, route.oif, route.priority};
  if (is_ours(route)) {
    route.removed ? static_cast<void>(routes.ours.erase(route.priority))
                  : static_cast<void>(routes.ours.insert(route.priority));
  } else {
    route.removed ? static_cast<void>(routes.foreign.erase(foreign))
                  : static_cast<void>(routes.foreign.insert(foreign));
  }
  const KernelRoute after = routes.state();
  if (after == KernelRoute::absent) vips_.erase(vip);
  if (after == before) return std::nullopt;
  return KernelVip{vip, after};
}

bool LocalTable::leaves_doubt(const RouteMessage& route) const {
  // A replaced route of ours need not be of the replacing one's protocol or interface.
  return route.replaces && route.table == RT_TABLE_LOCAL && route.destination.is_host_route() &&
         (interest_.contains(route.destination.address) ||
          vips_.contains(route.destination.address));
}

bool LocalTable::depends_on(std::uint32_t interface) const {
  return std::any_of(vips_.begin(), vips_.end(), [&](const auto& entry) {
    const auto& foreign = entry.second.foreign;
    return std::any_of(foreign.begin(), foreign.end(),
                       [&](const Foreign& route) { return route.oif == interface; });
  });
}

std::vector<KernelVip> LocalTable::snapshot() const {
  std::vector<KernelVip> all;
  all.reserve(vips_.size());
  for (const auto& [vip, routes] : vips_) all.push_back({vip, routes.state()});
  return all;
}

}  // namespace vipherd::kernel
