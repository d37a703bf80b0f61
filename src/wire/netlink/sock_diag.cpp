#include "vipherd/wire/netlink/sock_diag.hpp"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>

#include <array>
#include <cstring>

#include "wire/netlink/netlink.hpp"

namespace vipherd::wire::sock_diag {
namespace {

using netlink::kernel_family;
using netlink::kIpv4;
using netlink::kIpv6;
using netlink::positive;
using netlink::read;
using netlink::View;

// IPPROTO_TCP and the states of linux/tcp.h, without the headers for sockets.
constexpr std::uint8_t kTcp = 6;
constexpr unsigned kEstablished = 1;
constexpr unsigned kFinWait1 = 4;
constexpr unsigned kCloseWait = 8;
constexpr unsigned kLastAck = 9;
constexpr unsigned kClosing = 11;
constexpr std::uint32_t kStates =
    1U << kEstablished | 1U << kFinWait1 | 1U << kCloseWait | 1U << kLastAck | 1U << kClosing;

/// One condition: the source address is this one, whatever the port. Where it holds the program
/// ends right behind it, where not beyond that, which is a refusal (net/ipv4/inet_diag.c).
Bytes encode_filter(const IpAddress& local) {
  const auto bytes = local.bytes();
  const auto length = static_cast<std::uint8_t>(sizeof(inet_diag_bc_op) +
                                                sizeof(inet_diag_hostcond) + bytes.size());
  const inet_diag_bc_op operation{
      .code = INET_DIAG_BC_S_COND,
      .yes = length,
      .no = static_cast<std::uint16_t>(length + sizeof(inet_diag_bc_op))};
  Bytes program(sizeof operation);
  std::memcpy(program.data(), &operation, sizeof operation);
  // The struct ends in the address, as an array without a length.
  std::array<std::uint8_t, sizeof(inet_diag_hostcond)> condition{};
  condition[0] = kernel_family(local.family());
  condition[1] = local.host_length();
  constexpr std::int32_t kAnyPort = -1;
  std::memcpy(condition.data() + offsetof(inet_diag_hostcond, port), &kAnyPort, sizeof(kAnyPort));
  program.insert(program.end(), condition.begin(), condition.end());
  program.insert(program.end(), bytes.begin(), bytes.end());
  return program;
}

std::uint16_t port(std::uint16_t value) {
  std::array<std::uint8_t, 2> bytes{};
  std::memcpy(bytes.data(), &value, sizeof(value));
  return static_cast<std::uint16_t>(bytes[0] << 8 | bytes[1]);
}

IpAddress address(const void* words, std::uint8_t family) {
  std::array<std::uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), words, bytes.size());
  return IpAddress::from_bytes(View(bytes).first(family == kIpv4 ? 4 : 16));
}

using Body = std::variant<Socket, End, Other>;

std::optional<Body> decode_body(const nlmsghdr& header, View payload) {
  if (header.nlmsg_type == NLMSG_DONE || header.nlmsg_type == NLMSG_ERROR) {
    std::int32_t error = 0;
    if (header.nlmsg_type == NLMSG_DONE && payload.empty()) return End{};
    if (!read(payload, error)) return std::nullopt;
    return End{positive(error)};
  }
  if (header.nlmsg_type != SOCK_DIAG_BY_FAMILY) return Other{header.nlmsg_type};
  inet_diag_msg message{};
  if (!read(payload, message)) return std::nullopt;
  if (message.idiag_family != kIpv4 && message.idiag_family != kIpv6) {
    return Other{header.nlmsg_type};
  }
  return Socket{message.idiag_state, address(message.id.idiag_src, message.idiag_family),
                address(message.id.idiag_dst, message.idiag_family), port(message.id.idiag_sport),
                port(message.id.idiag_dport)};
}

}  // namespace

Bytes encode_request(Family sockets, const IpAddress& local, std::uint32_t sequence) {
  netlink::MessageWriter writer(SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP, sequence);
  inet_diag_req_v2 request{};
  request.sdiag_family = kernel_family(sockets);
  request.sdiag_protocol = kTcp;
  request.idiag_states = kStates;
  writer.header(request);
  writer.attribute(INET_DIAG_REQ_BYTECODE, encode_filter(local));
  return writer.bytes();
}

Result<std::optional<Message>> decode_next(View& buffer) {
  if (buffer.empty()) return std::optional<Message>{};
  const auto framed = netlink::first_message(buffer);
  if (!framed) return fail("a sock_diag message is cut short");
  const nlmsghdr& header = framed->header;
  const auto body = decode_body(header, framed->payload);
  if (!body) {
    return fail("a sock_diag message of type " + std::to_string(header.nlmsg_type) +
                " is malformed");
  }
  buffer = framed->rest;
  return std::optional<Message>{Message{header.nlmsg_seq, *body}};
}

}  // namespace vipherd::wire::sock_diag
