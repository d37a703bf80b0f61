// What is run when no agent is left to ask: one blocking pass over table local.
#include <net/if.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <thread>
#include <vector>

#include "kernel/local_table.hpp"
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

/// `pattern` is one of ours, with any VIP.
Result<void> list(const NetlinkSocket& socket, Family family, const rtnetlink::LocalRoute& pattern,
                  std::vector<rtnetlink::LocalRoute>& found) {
  // Of interest is no VIP: what concerns it is ours.
  const LocalTable ours(pattern.protocol, pattern.oif);
  constexpr std::uint32_t kSequence = 1;
  if (auto sent = socket.send(rtnetlink::encode_dump_request(family, kSequence)); !sent)
    return sent;
  int error = 0;
  auto taken = take_answers(socket, [&](const rtnetlink::Message& message) {
    if (const auto* route = std::get_if<rtnetlink::RouteMessage>(&message.body)) {
      if (ours.concerns(*route)) {
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

struct Removal {
  std::uint32_t sequence = 0;    ///< of the last request; a batch that failed may be answered late
  std::size_t removed = 0;       ///< what was still there
  std::optional<Error> failure;  ///< the first; the rest is removed all the same
  void fail_with(const Error& error) {
    if (!failure) failure = error;
  }
};

void remove(const NetlinkSocket& socket, std::span<const rtnetlink::LocalRoute> routes,
            Removal& removal) {
  rtnetlink::Bytes datagram;
  const std::uint32_t first = removal.sequence + 1;
  for (const auto& route : routes) {
    rtnetlink::append_delete_route(datagram, route, ++removal.sequence);
  }
  if (const auto sent = socket.send(datagram); !sent) return removal.fail_with(sent.error());
  std::size_t answered = 0;
  const auto taken = take_answers(socket, [&](const rtnetlink::Message& message) {
    const auto* ack = std::get_if<rtnetlink::Ack>(&message.body);
    if (ack == nullptr || message.sequence < first || message.sequence > removal.sequence) {
      return true;
    }
    if (ack->error == 0) ++removal.removed;
    if (ack->error != 0 && ack->error != ESRCH) {
      removal.fail_with(fail("cannot remove the local route of " +
                             routes[message.sequence - first].vip.to_string() + ": " +
                             describe_errno(ack->error)));
    }
    return ++answered < routes.size();
  });
  if (!taken) removal.fail_with(taken.error());
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
  Removal removal;
  for (std::span<const rtnetlink::LocalRoute> rest = found; !rest.empty();) {
    const auto part = rest.first(std::min(rest.size(), kMostInBatch));
    remove(*socket, part, removal);
    rest = rest.subspan(part.size());
  }
  if (removal.failure) return *removal.failure;
  return removal.removed;
}

}  // namespace vipherd::kernel
