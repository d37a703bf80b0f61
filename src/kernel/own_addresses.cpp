#include "vipherd/kernel/own_addresses.hpp"

#include <linux/rtnetlink.h>

#include <variant>

#include "vipherd/netlink/question.hpp"
#include "vipherd/wire/netlink/rtnetlink.hpp"

namespace vipherd::kernel {

Result<std::vector<IpAddress>> own_among(const std::vector<IpAddress>& addresses) {
  constexpr int kOwnBuffer = 64 * 1024;
  auto socket = netlink::Socket::open(netlink::Blocking::no, kOwnBuffer);
  if (!socket) return socket.error();
  socket->prepare_for_requests();
  std::vector<IpAddress> own;
  std::uint32_t sequence = 0;
  for (const IpAddress& address : addresses) {
    ++sequence;
    // That there is no route to it is an answer as well.
    const auto asked =
        netlink::ask(*socket, wire::rtnetlink::encode_route_lookup(address, 0, sequence), sequence,
                     [&](const wire::rtnetlink::Body& body) {
                       const auto* route = std::get_if<wire::rtnetlink::RouteMessage>(&body);
                       if (route != nullptr && route->type == RTN_LOCAL) own.push_back(address);
                       return true;
                     });
    if (!asked) return asked.error();
  }
  return own;
}

}  // namespace vipherd::kernel
