#include "probe/local_address.hpp"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <span>
#include <variant>

#include "vipherd/wire/netlink/rtnetlink.hpp"

namespace vipherd::probe {
namespace {

constexpr std::uint32_t kSequence = 1;

bool is_local_route(std::span<const std::uint8_t> answer) {
  const auto message = wire::rtnetlink::decode_next(answer);
  if (!message || !*message) return false;
  const auto* route = std::get_if<wire::rtnetlink::RouteMessage>(&(*message)->body);
  return route != nullptr && !route->removed && route->type == RTN_LOCAL;
}

}  // namespace

bool is_local_address(const IpAddress& address, const std::string& vrf) {
  if (address.is_v4() && address.bytes()[0] == 127) return true;
  const int socket = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (socket < 0) return false;
  const auto question = wire::rtnetlink::encode_route_lookup(
      address, vrf.empty() ? 0 : if_nametoindex(vrf.c_str()), kSequence);
  // The answer is there when send() returns: this kind of question is answered within it.
  std::array<std::uint8_t, 4096> answer{};
  const bool asked = ::send(socket, question.data(), question.size(), 0) > 0;
  const ssize_t size = asked ? ::recv(socket, answer.data(), answer.size(), MSG_DONTWAIT) : -1;
  ::close(socket);
  return size > 0 && is_local_route(std::span(answer).first(static_cast<std::size_t>(size)));
}

}  // namespace vipherd::probe
