#include "kernel/local_table.hpp"

#include <linux/rtnetlink.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "vipherd/base/assert.hpp"

namespace vipherd::kernel {

using model::KernelRoute;
using model::KernelVip;
using wire::rtnetlink::Body;
using wire::rtnetlink::RouteMessage;

std::span<const int> LocalTable::groups() const {
  static constexpr std::array<int, 2> kGroups{RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE};
  return kGroups;
}

wire::rtnetlink::Bytes LocalTable::encode_dump_request(Family family,
                                                       std::uint32_t sequence) const {
  return wire::rtnetlink::encode_dump_request(family, sequence);
}

void LocalTable::append_attach(wire::rtnetlink::Bytes& out, const IpAddress& vip,
                               std::uint32_t sequence) const {
  wire::rtnetlink::append_new_route(out, {vip, route_protocol_, loopback_}, sequence);
}

void LocalTable::append_detach(wire::rtnetlink::Bytes& out, const IpAddress& vip,
                               std::uint32_t sequence) const {
  wire::rtnetlink::append_delete_route(out, {vip, route_protocol_, loopback_}, sequence);
}

void LocalTable::append_renewal(wire::rtnetlink::Bytes& /*out*/, const IpAddress& /*vip*/,
                                std::uint32_t /*sequence*/) const {
  VIPHERD_ASSERT(false && "routes have no lease");
}

int LocalTable::gone_error() const { return ESRCH; }

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
  return is_ours(route) || is_of_interest(route.destination.address);
}

std::optional<KernelVip> LocalTable::apply(const Body& body) {
  const auto* message = std::get_if<RouteMessage>(&body);
  if (message == nullptr || !concerns(*message)) return std::nullopt;
  const RouteMessage& route = *message;
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

std::string LocalTable::doubt_after(const Body& body) const {
  const auto* route = std::get_if<RouteMessage>(&body);
  // A replaced route of ours need not be of the replacing one's protocol or interface.
  if (route == nullptr || !route->replaces || route->table != RT_TABLE_LOCAL) return {};
  const IpAddress& vip = route->destination.address;
  if (!route->destination.is_host_route()) return {};
  if (!is_of_interest(vip) && !vips_.contains(vip)) return {};
  return "the local route of " + vip.to_string() + " was replaced";
}

bool LocalTable::depends_on(std::uint32_t interface) const {
  return std::any_of(vips_.begin(), vips_.end(), [&](const auto& entry) {
    const auto& foreign = entry.second.foreign;
    return std::any_of(foreign.begin(), foreign.end(),
                       [&](const Foreign& route) { return route.oif == interface; });
  });
}

KernelRoute LocalTable::state_of(const IpAddress& vip) const {
  const auto found = vips_.find(vip);
  return found == vips_.end() ? KernelRoute::absent : found->second.state();
}

std::vector<KernelVip> LocalTable::snapshot() const {
  std::vector<KernelVip> all;
  all.reserve(vips_.size());
  for (const auto& [vip, routes] : vips_) all.push_back({vip, routes.state()});
  return all;
}

}  // namespace vipherd::kernel
