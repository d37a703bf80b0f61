#include "vipherd/netlink/question.hpp"

#include <cerrno>
#include <vector>

#include "vipherd/base/describe_errno.hpp"

namespace vipherd::netlink {
namespace {

/// Of a dump; more than any node has, and less than for ever.
constexpr std::size_t kMostDatagrams = 10'000;

}  // namespace

Result<void> ask(const Socket& socket, const wire::rtnetlink::Bytes& request,
                 std::uint32_t sequence,
                 const std::function<bool(const wire::rtnetlink::Body&)>& take) {
  if (auto sent = socket.send(request); !sent) return sent;
  std::vector<std::uint8_t> buffer(kDatagramSize);
  for (std::size_t count = 0; count < kMostDatagrams; ++count) {
    const auto received = socket.receive(buffer);
    if (received.status != Socket::Status::datagram) {
      return fail(
          "the kernel does not answer over netlink: " +
          describe_errno(received.status == Socket::Status::lost ? received.error : EAGAIN));
    }
    std::span<const std::uint8_t> datagram = std::span(buffer).first(received.size);
    for (;;) {
      auto message = wire::rtnetlink::decode_next(datagram);
      if (!message) return message.error();
      if (!*message) break;
      if ((*message)->sequence != sequence) continue;
      if (take((*message)->body)) return {};
    }
  }
  return fail("the kernel's answer over netlink does not end");
}

}  // namespace vipherd::netlink
