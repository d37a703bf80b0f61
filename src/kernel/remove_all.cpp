// What is run when no agent is left to ask: one blocking pass over table local.
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <thread>
#include <vector>

#include "kernel/netlink_socket.hpp"
#include "vipherd/kernel/vip_routes.hpp"
#include "vipherd/wire/rtnetlink.hpp"

namespace vipherd::kernel {
namespace {

namespace rtnetlink = wire::rtnetlink;

constexpr int kReceiveBuffer = 4 * 1024 * 1024;
constexpr std::size_t kMostInBatch = 512;
/// The kernel answers at once; this only bounds what must not hang.
constexpr timeval kPatience{5, 0};

/// Calls take(message) -> bool for answers until it says that there will be no more.
template <class Take>
Result<void> take_answers(const NetlinkSocket& socket, Take take) {
  std::vector<std::uint8_t> buffer(kDatagramSize);
  for (;;) {
    const auto received = socket.receive(buffer);
    if (received.status == NetlinkSocket::Status::empty) return fail("the kernel does not answer");
    if (received.status == NetlinkSocket::Status::lost) {
      return fail("rtnetlink answers were lost: " + describe_errno(received.error));
    }
    std::span<const std::uint8_t> datagram = std::span(buffer).first(received.size);
    for (;;) {
      const auto message = rtnetlink::decode_next(datagram);
      if (!message) return message.error();
      if (!*message) break;
      if (!take(**message)) return {};
    }
  }
}

/// Only what an agent makes is taken for an agent's: local host routes on lo.
bool is_left_over(const rtnetlink::RouteMessage& route, const rtnetlink::LocalRoute& pattern) {
  return route.protocol == pattern.protocol && route.oif == pattern.oif &&
         route.type == RTN_LOCAL && route.table == RT_TABLE_LOCAL && !route.cloned &&
         route.destination.is_host_route();
}

Result<void> list(const NetlinkSocket& socket, Family family, const rtnetlink::LocalRoute& pattern,
                  std::vector<rtnetlink::LocalRoute>& found) {
  constexpr std::uint32_t kSequence = 1;
  if (auto sent = socket.send(rtnetlink::encode_dump_request(family, kSequence)); !sent)
    return sent;
  int error = 0;
  auto taken = take_answers(socket, [&](const rtnetlink::Message& message) {
    if (const auto* route = std::get_if<rtnetlink::RouteMessage>(&message.body)) {
      if (is_left_over(*route, pattern)) {
        found.push_back({route->destination.address, pattern.protocol, pattern.oif});
      }
      return true;
    }
    if (const auto* ack = std::get_if<rtnetlink::Ack>(&message.body)) error = ack->error;
    if (const auto* done = std::get_if<rtnetlink::Done>(&message.body)) error = done->error;
    return false;
  });
  if (!taken) return taken;
  // A namespace in which no address was ever set has no table local.
  if (error != 0 && error != ENOENT) {
    return fail("cannot read the local routes: " + describe_errno(error));
  }
  return {};
}

/// Returns how many were there to be removed.
Result<std::size_t> remove(const NetlinkSocket& socket,
                           std::span<const rtnetlink::LocalRoute> routes) {
  rtnetlink::Bytes datagram;
  std::uint32_t sequence = 0;
  for (const auto& route : routes) rtnetlink::append_delete_route(datagram, route, ++sequence);
  if (auto sent = socket.send(datagram); !sent) return sent.error();
  std::size_t answered = 0;
  std::size_t removed = 0;
  std::string first_failure;
  const auto taken = take_answers(socket, [&](const rtnetlink::Message& message) {
    const auto* ack = std::get_if<rtnetlink::Ack>(&message.body);
    if (ack == nullptr || message.sequence == 0 || message.sequence > routes.size()) return true;
    if (ack->error == 0) ++removed;
    if (ack->error != 0 && ack->error != ESRCH && first_failure.empty()) {
      first_failure = "cannot remove the local route of " +
                      routes[message.sequence - 1].vip.to_string() + ": " +
                      describe_errno(ack->error);
    }
    return ++answered < routes.size();
  });
  if (!taken) return taken.error();
  if (!first_failure.empty()) return fail(first_failure);
  return removed;
}

}  // namespace

Result<std::size_t> remove_all(std::uint8_t route_protocol, Duration delay) {
  const rtnetlink::LocalRoute pattern{{}, route_protocol, if_nametoindex("lo")};
  auto socket = NetlinkSocket::open(Blocking::yes, kReceiveBuffer);
  if (!socket) return socket.error();
  socket->prepare_for_requests();
  setsockopt(socket->descriptor(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof(kPatience));
  std::vector<rtnetlink::LocalRoute> found;
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    if (auto listed = list(*socket, family, pattern, found); !listed) return listed.error();
  }
  if (!found.empty()) std::this_thread::sleep_for(delay);
  std::size_t removed = 0;
  for (std::span<const rtnetlink::LocalRoute> rest = found; !rest.empty();) {
    const auto part = rest.first(std::min(rest.size(), kMostInBatch));
    const auto count = remove(*socket, part);
    if (!count) return count.error();
    removed += *count;
    rest = rest.subspan(part.size());
  }
  return removed;
}

}  // namespace vipherd::kernel
