#include "kernel/vips/local_table.hpp"

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

namespace {
/// Before zebra's blackhole route of metric 20, and beside the kernel's own of an address, 0.
constexpr std::uint32_t kPriorityInVrf = 1;
}  // namespace

std::span<const int> LocalTable::groups() const {
  static constexpr std::array<int, 2> kGroups{RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE};
  return kGroups;
}

std::vector<VipTable::Part> LocalTable::parts() const {
  std::vector<std::uint32_t> tables = vrfs().tables();
  tables.insert(tables.begin(), wire::rtnetlink::kTableLocal);
  std::vector<Part> parts;
  for (const std::uint32_t table : tables) {
    parts.push_back({Family::ipv4, table});
    parts.push_back({Family::ipv6, table});
  }
  return parts;
}

wire::rtnetlink::Bytes LocalTable::encode_dump_request(const Part& part,
                                                       std::uint32_t sequence) const {
  return wire::rtnetlink::encode_dump_request(part.family, sequence, part.table);
}

std::set<LocalTable::Place> LocalTable::places_of(const IpAddress& vip) const {
  const auto home = interface_of(vip);
  if (!home) return {};
  std::set<Place> places{{home->table, home->index}};
  if (home->is_vrf && vip.is_v4()) places.insert({wire::rtnetlink::kTableLocal, home->index});
  return places;
}

std::set<LocalTable::Place> LocalTable::held(const IpAddress& vip) const {
  std::set<Place> held;
  if (const auto found = vips_.find(vip); found != vips_.end()) {
    for (const auto& [place, priorities] : found->second.ours) held.insert(place);
  }
  return held;
}

wire::rtnetlink::LocalRoute LocalTable::make(const IpAddress& vip, const Place& place) const {
  const bool in_vrf = place.oif != loopback_;
  return {vip, route_protocol_, place.oif, place.table, in_vrf ? kPriorityInVrf : 0};
}

Result<std::size_t> LocalTable::append_attach(wire::rtnetlink::Bytes& out, const IpAddress& vip,
                                              std::uint32_t sequence) const {
  const std::set<Place> wanted = places_of(vip);
  if (wanted.empty()) return no_vrf(vip);
  const std::set<Place> present = held(vip);
  const std::uint32_t first = sequence;
  for (const Place& place : present) {
    if (!wanted.contains(place)) {
      wire::rtnetlink::append_delete_route(out, make(vip, place), sequence++);
    }
  }
  for (const Place& place : wanted) {
    if (!present.contains(place)) {
      wire::rtnetlink::append_new_route(out, make(vip, place), sequence++);
    }
  }
  return sequence - first;
}

std::size_t LocalTable::append_detach(wire::rtnetlink::Bytes& out, const IpAddress& vip,
                                      std::uint32_t sequence) const {
  std::set<Place> places = held(vip);
  if (places.empty()) places = places_of(vip);
  for (const Place& place : places) {
    wire::rtnetlink::append_delete_route(out, make(vip, place), sequence++);
  }
  return places.size();
}

std::size_t LocalTable::append_renewal(wire::rtnetlink::Bytes& /*out*/, const IpAddress& /*vip*/,
                                       std::uint32_t /*sequence*/) const {
  VIPHERD_ASSERT(false && "routes have no lease");
  return 0;
}

int LocalTable::gone_error() const { return ESRCH; }

KernelRoute LocalTable::evaluate(const IpAddress& vip, const Routes& routes) const {
  // Ours is named first: it is what detaching removes, whatever else keeps the VIP local.
  if (!routes.ours.empty()) {
    if (!is_of_interest(vip)) return KernelRoute::ours;
    const std::set<Place> wanted = places_of(vip);
    const bool complete = std::ranges::all_of(
        wanted, [&](const Place& place) { return routes.ours.contains(place); });
    if (complete && !wanted.empty()) return KernelRoute::ours;
  }
  return routes.foreign.empty() ? KernelRoute::absent : KernelRoute::foreign;
}

bool LocalTable::is_ours(const RouteMessage& route) const {
  if (route.protocol != route_protocol_) return false;
  const auto table = vrfs().table_of(route.oif);
  if (route.table == RT_TABLE_LOCAL) return route.oif == loopback_ || table;
  return table == route.table;
}

bool LocalTable::is_foreign(const RouteMessage& route) const {
  const IpAddress& vip = route.destination.address;
  if (!is_of_interest(vip)) return false;
  const auto home = interface_of(vip);
  return home && home->table == route.table;
}

bool LocalTable::concerns(const RouteMessage& route) const {
  if (route.type != RTN_LOCAL || route.cloned || !route.destination.is_host_route()) return false;
  return is_ours(route) || is_foreign(route);
}

std::optional<KernelVip> LocalTable::apply(const Body& body) {
  const auto* message = std::get_if<RouteMessage>(&body);
  if (message == nullptr || !concerns(*message)) return std::nullopt;
  const RouteMessage& route = *message;
  const IpAddress& vip = route.destination.address;
  Routes& routes = vips_[vip];
  const KernelRoute before = evaluate(vip, routes);
  const Foreign foreign{route.protocol, route.oif, route.priority};
  const Place place{route.table, route.oif};
  if (is_ours(route)) {
    std::set<std::uint32_t>& priorities = routes.ours[place];
    route.removed ? static_cast<void>(priorities.erase(route.priority))
                  : static_cast<void>(priorities.insert(route.priority));
    if (priorities.empty()) routes.ours.erase(place);
  } else {
    route.removed ? static_cast<void>(routes.foreign.erase(foreign))
                  : static_cast<void>(routes.foreign.insert(foreign));
  }
  const KernelRoute after = evaluate(vip, routes);
  if (routes.ours.empty() && routes.foreign.empty()) vips_.erase(vip);
  if (after == before) return std::nullopt;
  return KernelVip{vip, after};
}

std::string LocalTable::resync_reason(const Body& body) const {
  const auto* route = std::get_if<RouteMessage>(&body);
  // A replaced route of ours need not be of the replacing one's protocol or interface.
  if (route == nullptr || !route->replaces) return {};
  if (route->table != RT_TABLE_LOCAL && !std::ranges::count(vrfs().tables(), route->table))
    return {};
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
  return found == vips_.end() ? KernelRoute::absent : evaluate(vip, found->second);
}

std::vector<KernelVip> LocalTable::snapshot() const {
  std::vector<KernelVip> all;
  all.reserve(vips_.size());
  for (const auto& [vip, routes] : vips_) {
    const KernelRoute state = evaluate(vip, routes);
    if (state != KernelRoute::absent) all.push_back({vip, state});
  }
  return all;
}

}  // namespace vipherd::kernel
