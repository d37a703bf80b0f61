#include "vipherd/kernel/interfaces.hpp"

#include <algorithm>
#include <map>

#include "vipherd/netlink/question.hpp"

namespace vipherd::kernel {
namespace {

namespace rtnetlink = wire::rtnetlink;

constexpr int kInterfacesBuffer = 1024 * 1024;
/// Nothing is sent there: the route that a packet to the rest of the world would take.
constexpr const char* kElsewhere = "1.0.0.1";
constexpr int kMostMasters = 8;

using Interfaces = std::map<std::uint32_t, InterfaceState>;

std::string vrf_above(const Interfaces& interfaces, const rtnetlink::LinkMessage& link) {
  std::uint32_t master = link.master;
  for (int depth = 0; depth < kMostMasters && master != 0; ++depth) {
    const auto found = interfaces.find(master);
    if (found == interfaces.end()) return {};
    if (found->second.link.vrf_table != 0) return found->second.link.name;
    master = found->second.link.master;
  }
  return {};
}

/// A link-local gateway may be on any link.
bool is_on_link(const InterfaceState& interface, const IpAddress& gateway) {
  static const IpPrefix kLinkLocal = IpPrefix::parse("fe80::/10").value();
  if (kLinkLocal.contains(gateway)) return false;
  return std::ranges::any_of(interface.addresses, [&](const rtnetlink::AddressMessage& address) {
    return !address.has_peer && address.local.contains(gateway);
  });
}

/// The route names its interface only where it has one next hop.
void mark_default(Interfaces& interfaces, const std::string& vrf,
                  const std::optional<rtnetlink::RouteMessage>& route) {
  std::size_t placed = 0;
  for (auto& [index, interface] : interfaces) {
    if (interface.vrf != vrf) continue;
    interface.default_v4 = route && route->oif == index;
    if (!route || route->oif != 0) continue;
    const auto here = std::ranges::count_if(
        route->gateways,
        [&one = interface](const IpAddress& gateway) { return is_on_link(one, gateway); });
    interface.default_v4 = here > 0;
    placed += static_cast<std::size_t>(here);
  }
  if (!route || route->oif != 0 || placed >= route->gateways.size()) return;
  for (auto& [index, interface] : interfaces) {
    if (interface.vrf == vrf && !interface.default_v4.value_or(false)) interface.default_v4.reset();
  }
}

bool is_end(const rtnetlink::Body& body) {
  return std::holds_alternative<rtnetlink::Done>(body) ||
         std::holds_alternative<rtnetlink::Ack>(body);
}

Result<void> read_defaults(const netlink::Socket& socket, Interfaces& interfaces,
                           std::uint32_t& sequence) {
  std::map<std::uint32_t, std::string> vrfs{{0, ""}};
  for (const auto& [index, interface] : interfaces) {
    if (interface.link.vrf_table != 0) vrfs.emplace(index, interface.link.name);
  }
  for (const auto& [index, name] : vrfs) {
    std::optional<rtnetlink::RouteMessage> route;
    const auto to = IpAddress::parse(kElsewhere).value();
    ++sequence;
    auto asked = netlink::ask(socket, rtnetlink::encode_route_lookup(to, index, sequence), sequence,
                              [&](const rtnetlink::Body& body) {
                                const auto* told = std::get_if<rtnetlink::RouteMessage>(&body);
                                if (told != nullptr) route = *told;
                                return told != nullptr || is_end(body);
                              });
    if (!asked) return asked;
    mark_default(interfaces, name, route);
  }
  return {};
}

}  // namespace

Result<std::vector<InterfaceState>> read_interfaces() {
  auto socket = netlink::Socket::open(netlink::Blocking::no, kInterfacesBuffer);
  if (!socket) return socket.error();
  socket->prepare_for_requests();
  Interfaces interfaces;
  std::uint32_t sequence = 1;
  auto asked = netlink::ask(*socket, rtnetlink::encode_link_dump_request(sequence), sequence,
                            [&](const rtnetlink::Body& body) {
                              const auto* link = std::get_if<rtnetlink::LinkMessage>(&body);
                              if (link != nullptr) interfaces[link->index].link = *link;
                              return is_end(body);
                            });
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    if (!asked) break;
    ++sequence;
    asked = netlink::ask(*socket, rtnetlink::encode_address_dump_request(family, sequence),
                         sequence, [&](const rtnetlink::Body& body) {
                           const auto* address = std::get_if<rtnetlink::AddressMessage>(&body);
                           if (address != nullptr && interfaces.contains(address->index)) {
                             interfaces[address->index].addresses.push_back(*address);
                           }
                           return is_end(body);
                         });
  }
  for (auto& [index, interface] : interfaces) {
    interface.vrf = vrf_above(interfaces, interface.link);
  }
  if (asked) asked = read_defaults(*socket, interfaces, sequence);
  if (!asked) return asked.error();
  std::vector<InterfaceState> found;
  for (auto& [index, interface] : interfaces) found.push_back(std::move(interface));
  return found;
}

}  // namespace vipherd::kernel
