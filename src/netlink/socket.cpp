#include "vipherd/netlink/socket.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <string>
#include <utility>

#include "vipherd/base/describe_errno.hpp"

namespace vipherd::netlink {
namespace {

Error failure(const char* what, int error) {
  return fail(std::string(what) + ": " + describe_errno(error));
}

void set_flag(int descriptor, int option) {
  const int on = 1;
  setsockopt(descriptor, SOL_NETLINK, option, &on, sizeof(on));
}

/// BPF loads in network order, netlink is in host order.
std::uint32_t bpf_half(std::uint16_t value) { return htons(value); }

/// Passes everything but route messages of other tables than local and other types than local. In
/// table local all types must pass: a blackhole may replace a local route without an RTM_DELROUTE
/// for that one. (In a VRF's table no program is expected to; the next reading finds out.)
Result<void> attach_filter(int descriptor) {
  constexpr std::uint32_t kTypeOffset = offsetof(nlmsghdr, nlmsg_type);
  constexpr std::uint32_t kTableOffset = NLMSG_HDRLEN + offsetof(rtmsg, rtm_table);
  constexpr std::uint32_t kRouteTypeOffset = NLMSG_HDRLEN + offsetof(rtmsg, rtm_type);
  constexpr std::uint16_t kLoadHalf = BPF_LD | BPF_H | BPF_ABS;
  constexpr std::uint16_t kLoadByte = BPF_LD | BPF_B | BPF_ABS;
  constexpr std::uint16_t kJumpEqual = BPF_JMP | BPF_JEQ | BPF_K;
  constexpr std::uint16_t kReturn = BPF_RET | BPF_K;
  constexpr std::uint32_t kWhole = 0xffffffff;
  std::array<sock_filter, 9> program{{
      {kLoadHalf, 0, 0, kTypeOffset},
      {kJumpEqual, 1, 0, bpf_half(RTM_NEWROUTE)},
      {kJumpEqual, 0, 4, bpf_half(RTM_DELROUTE)},
      {kLoadByte, 0, 0, kTableOffset},
      {kJumpEqual, 2, 0, RT_TABLE_LOCAL},
      {kLoadByte, 0, 0, kRouteTypeOffset},
      {kJumpEqual, 0, 1, RTN_LOCAL},
      {kReturn, 0, 0, kWhole},
      {kReturn, 0, 0, 0},
  }};
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  if (setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) != 0) {
    return failure("cannot filter the rtnetlink monitor", errno);
  }
  return {};
}

}  // namespace

Result<Socket> Socket::open(Blocking blocking, int receive_buffer, int family) {
  const int mode = blocking == Blocking::yes ? 0 : SOCK_NONBLOCK;
  const int descriptor = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | mode, family);
  if (descriptor < 0) return failure("cannot open a netlink socket", errno);
  Socket opened(descriptor);
  if (setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer, sizeof(receive_buffer)) !=
      0) {
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
  }
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  // NOLINTNEXTLINE: the socket API's own cast
  if (::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return failure("cannot bind a netlink socket", errno);
  }
  return opened;
}

Socket::Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

Socket::~Socket() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void Socket::prepare_for_requests() {
  set_flag(descriptor_, NETLINK_EXT_ACK);
  set_flag(descriptor_, NETLINK_CAP_ACK);
  set_flag(descriptor_, NETLINK_GET_STRICT_CHK);
}

Result<void> Socket::subscribe(std::span<const int> groups) {
  if (auto filtered = attach_filter(descriptor_); !filtered) return filtered;
  const auto join = [this](int group) {
    return setsockopt(descriptor_, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) == 0;
  };
  if (!join(RTNLGRP_LINK) || !std::all_of(groups.begin(), groups.end(), join)) {
    return failure("cannot subscribe to rtnetlink changes", errno);
  }
  return {};
}

Result<void> Socket::send(std::span<const std::uint8_t> datagram) const {
  while (::send(descriptor_, datagram.data(), datagram.size(), 0) < 0) {
    if (errno != EINTR) return fail(describe_errno(errno));
  }
  return {};
}

Socket::Received Socket::receive(std::span<std::uint8_t> buffer) const {
  for (;;) {
    iovec part{buffer.data(), buffer.size()};
    sockaddr_nl from{};
    msghdr message{};
    message.msg_name = &from;
    message.msg_namelen = sizeof(from);
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    const ssize_t size = ::recvmsg(descriptor_, &message, 0);
    if (size < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) return {};
      return {Status::lost, 0, errno};
    }
    if (from.nl_pid != 0) continue;  // only the kernel is listened to
    if ((message.msg_flags & MSG_TRUNC) != 0) return {Status::lost, 0, EMSGSIZE};
    return {Status::datagram, static_cast<std::size_t>(size), 0};
  }
}

}  // namespace vipherd::netlink
