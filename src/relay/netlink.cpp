#include "relay/netlink.hpp"

#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include <optional>
#include <string>
#include <variant>

#include "vipherd/base/describe_errno.hpp"
#include "vipherd/netlink/question.hpp"

namespace vipherd::relay {
namespace {

namespace rtnetlink = wire::rtnetlink;

constexpr std::uint32_t kSequence = 1;
/// Room for one part of a dump: the next one is made when that was read.
constexpr int kReceiveBuffer = 128 * 1024;

/// All that comes of one kind up to the end of the answer, or to the first one where it has no end
/// of its own. An error names what was asked.
template <class Kind>
Result<std::vector<Kind>> ask(const rtnetlink::Bytes& request, bool dump, const std::string& what) {
  auto socket = netlink::Socket::open(netlink::Blocking::no, kReceiveBuffer);
  if (!socket) return fail(what + ": " + socket.error().what);
  socket->prepare_for_requests();
  std::vector<Kind> found;
  int error = 0;
  const auto asked = netlink::ask(*socket, request, kSequence, [&](const rtnetlink::Body& body) {
    if (const auto* one = std::get_if<Kind>(&body)) found.push_back(*one);
    const auto* ack = std::get_if<rtnetlink::Ack>(&body);
    const auto* done = std::get_if<rtnetlink::Done>(&body);
    if (ack != nullptr) error = ack->error;
    if (done != nullptr) error = done->error;
    return !dump || ack != nullptr || done != nullptr;
  });
  if (!asked) return fail(what + ": " + asked.error().what);
  if (error != 0) return fail(what + ": " + describe_errno(error));
  return found;
}

}  // namespace

Result<Hop> hop_towards(const IpAddress& address, const IpAddress& source) {
  const std::string no_route = "no route to sibling " + address.to_string();
  const auto from = source.family() == address.family() ? std::optional(source) : std::nullopt;
  const auto routes = ask<rtnetlink::RouteMessage>(
      rtnetlink::encode_next_hop_lookup(address, from, kSequence), false, no_route);
  if (!routes) return routes.error();
  if (routes->empty()) return fail(no_route);
  const rtnetlink::RouteMessage& route = routes->front();
  if (route.type != RTN_UNICAST || route.oif == 0) {
    return fail(no_route + (route.type == RTN_LOCAL ? ": it is an address of this node" : ""));
  }
  return Hop{route.oif, route.gateways.empty() ? address : route.gateways.front()};
}

Result<std::vector<rtnetlink::FilterMessage>> read_filters(std::uint32_t interface,
                                                           Direction direction) {
  const std::uint32_t minor = direction == Direction::ingress ? TC_H_MIN_INGRESS : TC_H_MIN_EGRESS;
  return ask<rtnetlink::FilterMessage>(
      rtnetlink::encode_filter_dump_request(interface, TC_H_MAKE(TC_H_CLSACT, minor), kSequence),
      true, "asking for the filters of interface " + std::to_string(interface));
}

Result<rtnetlink::LinkMessage> read_link(std::uint32_t interface) {
  const std::string what = "asking for interface " + std::to_string(interface);
  const auto links =
      ask<rtnetlink::LinkMessage>(rtnetlink::encode_link_lookup(interface, kSequence), false, what);
  if (!links) return links.error();
  if (links->empty()) return fail(what);
  return links->front();
}

}  // namespace vipherd::relay
