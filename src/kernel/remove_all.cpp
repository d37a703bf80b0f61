// What is run when no agent is left to ask: one blocking pass over what may be left over.
#include <net/if.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "kernel/vips/vip_table.hpp"
#include "vipherd/base/describe_errno.hpp"
#include "vipherd/kernel/attacher.hpp"
#include "vipherd/netlink/socket.hpp"
#include "vipherd/wire/netlink/rtnetlink.hpp"

namespace vipherd::kernel {
namespace {

namespace rtnetlink = wire::rtnetlink;

constexpr int kDumpBuffer = 4 * 1024 * 1024;
constexpr std::size_t kMostRequestsInBatch = 512;
/// The kernel answers at once; this only bounds what must not hang.
constexpr timeval kPatience{5, 0};

/// Calls take(message) -> bool for answers until it says that there will be no more.
template <class Take>
Result<void> take_answers(const netlink::Socket& socket, Take take) {
  std::vector<std::uint8_t> buffer(netlink::kDatagramSize);
  for (;;) {
    const auto received = socket.receive(buffer);
    if (received.status == netlink::Socket::Status::empty)
      return fail("the kernel does not answer");
    if (received.status == netlink::Socket::Status::lost) {
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

/// Tells the table, for which no VIP is of interest: what it knows then is ours.
Result<void> list(const netlink::Socket& socket, const rtnetlink::Bytes& request, VipTable& table) {
  if (auto sent = socket.send(request); !sent) return sent;
  int error = 0;
  auto taken = take_answers(socket, [&](const rtnetlink::Message& message) {
    const auto* ack = std::get_if<rtnetlink::Ack>(&message.body);
    const auto* done = std::get_if<rtnetlink::Done>(&message.body);
    if (ack == nullptr && done == nullptr) {
      if (const auto* link = std::get_if<rtnetlink::LinkMessage>(&message.body)) {
        table.vrfs().apply(*link);
      } else {
        table.apply(message.body);
      }
      return true;
    }
    error = ack != nullptr ? ack->error : done->error;
    return false;
  });
  if (!taken) return taken;
  // A namespace in which no address was ever set has no table local.
  if (error != 0 && error != ENOENT) {
    return fail("cannot read the " + std::string(table.object_name()) +
                "s: " + describe_errno(error));
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

void remove(const netlink::Socket& socket, const VipTable& table, std::span<const IpAddress> vips,
            Removal& removal) {
  rtnetlink::Bytes datagram;
  const std::uint32_t first = removal.sequence + 1;
  std::vector<IpAddress> asked;  // by request: one VIP may take several
  for (const IpAddress& vip : vips) {
    const auto next = first + static_cast<std::uint32_t>(asked.size());
    asked.insert(asked.end(), table.append_detach(datagram, vip, next), vip);
  }
  removal.sequence += static_cast<std::uint32_t>(asked.size());
  std::set<IpAddress> removed;
  if (const auto sent = socket.send(datagram); !sent) return removal.fail_with(sent.error());
  std::size_t answered = 0;
  const auto taken = take_answers(socket, [&](const rtnetlink::Message& message) {
    const auto* ack = std::get_if<rtnetlink::Ack>(&message.body);
    if (ack == nullptr || message.sequence < first || message.sequence > removal.sequence) {
      return true;
    }
    const IpAddress& vip = asked[message.sequence - first];
    if (ack->error == 0) removed.insert(vip);
    if (ack->error != 0 && ack->error != table.gone_error()) {
      removal.fail_with(fail("cannot remove the " + std::string(table.object_name()) + " of " +
                             vip.to_string() + ": " + describe_errno(ack->error)));
    }
    return ++answered < asked.size();
  });
  removal.removed += removed.size();
  if (!taken) removal.fail_with(taken.error());
}

Result<std::size_t> remove_all(const Method& method, Duration delay) {
  const auto table = make_table(method, if_nametoindex("lo"));
  auto socket = netlink::Socket::open(netlink::Blocking::yes, kDumpBuffer);
  if (!socket) return socket.error();
  socket->prepare_for_requests();
  setsockopt(socket->descriptor(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof(kPatience));
  constexpr std::uint32_t kSequence = 1;
  auto listed = list(*socket, rtnetlink::encode_vrf_dump_request(kSequence), *table);
  if (!listed) return listed.error();
  for (const VipTable::Part& part : table->parts()) {
    listed = list(*socket, table->encode_dump_request(part, kSequence), *table);
    if (!listed) return listed.error();
  }
  std::vector<IpAddress> found;
  for (const model::KernelVip& entry : table->snapshot()) found.push_back(entry.vip);
  if (!found.empty()) std::this_thread::sleep_for(delay);
  Removal removal;
  for (std::span<const IpAddress> rest = found; !rest.empty();) {
    const auto part = rest.first(std::min(rest.size(), kMostRequestsInBatch));
    remove(*socket, *table, part, removal);
    rest = rest.subspan(part.size());
  }
  if (removal.failure) return *removal.failure;
  return removal.removed;
}

}  // namespace

Result<std::size_t> remove_routes(std::uint8_t protocol, Duration delay) {
  return remove_all({Method::Kind::local_routes, protocol, {}}, delay);
}

Result<std::size_t> remove_addresses(std::uint8_t protocol, Duration delay) {
  // The lease is of no interest to what is removed.
  return remove_all({Method::Kind::lo_addresses, protocol, std::chrono::seconds(1)}, delay);
}

}  // namespace vipherd::kernel
