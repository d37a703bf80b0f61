#include "relay/netlink.hpp"

#include <libmnl/libmnl.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <functional>
#include <memory>

namespace vipherd::relay {
namespace {

struct Close {
  void operator()(mnl_socket* socket) const { mnl_socket_close(socket); }
};
using Socket = std::unique_ptr<mnl_socket, Close>;
using Buffer = std::array<char, 32 * 1024>;  // MNL_SOCKET_BUFFER_SIZE is no constant

/// The kernel answers at once; only an answer that was lost would be waited for.
constexpr timeval kPatience{.tv_sec = 1, .tv_usec = 0};
constexpr unsigned kSequence = 1;

Error failed(const std::string& what) { return fail(what + ": " + std::strerror(errno)); }

int pass_to(const nlmsghdr* message, void* data) {
  (*static_cast<std::function<void(const nlmsghdr*)>*>(data))(message);
  return MNL_CB_OK;
}

/// RTA_VIA has the family before the address (linux/rtnetlink.h, struct rtvia).
int keep_hop(const nlattr* attribute, void* data) {
  auto& hop = *static_cast<Hop*>(data);
  const auto* payload = static_cast<const std::uint8_t*>(mnl_attr_get_payload(attribute));
  const std::size_t size = mnl_attr_get_payload_len(attribute);
  const auto type = mnl_attr_get_type(attribute);
  if (type == RTA_OIF) hop.interface = mnl_attr_get_u32(attribute);
  if (type == RTA_GATEWAY && (size == 4 || size == 16)) {
    hop.gateway = IpAddress::from_bytes({payload, size});
  }
  if (type == RTA_VIA && size == sizeof(rtvia) + 16) {
    hop.gateway = IpAddress::from_bytes({payload + sizeof(rtvia), 16});
  }
  return MNL_CB_OK;
}

int keep_program(const nlattr* attribute, void* data) {
  auto& filter = *static_cast<TcFilter*>(data);
  const std::size_t size = mnl_attr_get_payload_len(attribute);
  if (mnl_attr_get_type(attribute) == TCA_BPF_ID && size == sizeof(std::uint32_t)) {
    filter.program = mnl_attr_get_u32(attribute);
  }
  if (mnl_attr_get_type(attribute) == TCA_BPF_NAME) {
    const char* text = mnl_attr_get_str(attribute);
    filter.name.assign(text, ::strnlen(text, size));
  }
  return MNL_CB_OK;
}

/// Other kinds number their options differently.
int keep_options(const nlattr* attribute, void* data) {
  auto& filter = *static_cast<TcFilter*>(data);
  const auto type = mnl_attr_get_type(attribute);
  if (type == TCA_KIND) filter.name = mnl_attr_get_str(attribute);
  if (type != TCA_OPTIONS || filter.name != "bpf") return MNL_CB_OK;
  filter.name.clear();
  return mnl_attr_parse_nested(attribute, keep_program, data);
}

/// Sends the request and hands each message of the answer over. errno tells why not.
bool ask(nlmsghdr* request, Buffer& buffer, std::function<void(const nlmsghdr*)> on_message) {
  request->nlmsg_seq = kSequence;
  const Socket socket(mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC));
  if (!socket || mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) < 0) return false;
  ::setsockopt(mnl_socket_get_fd(socket.get()), SOL_SOCKET, SO_RCVTIMEO, &kPatience,
               sizeof kPatience);
  if (mnl_socket_sendto(socket.get(), request, request->nlmsg_len) < 0) return false;
  while (true) {
    const ssize_t size = mnl_socket_recvfrom(socket.get(), buffer.data(), buffer.size());
    if (size < 0) return false;
    const int more = mnl_cb_run(buffer.data(), static_cast<std::size_t>(size), kSequence,
                                mnl_socket_get_portid(socket.get()), pass_to, &on_message);
    if (more < 0) return false;
    if (more == MNL_CB_STOP || (request->nlmsg_flags & NLM_F_DUMP) == 0) return true;
  }
}

Result<ifreq> ask_interface(const std::string& name, unsigned long what) {
  ifreq request{};
  name.copy(request.ifr_name, sizeof request.ifr_name - 1);
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return failed("asking for interface " + name);
  const int code = ::ioctl(socket, what, &request);
  const int reason = errno;
  ::close(socket);
  errno = reason;
  if (code != 0) return failed("asking for interface " + name);
  return request;
}

}  // namespace

Result<Hop> hop_towards(const IpAddress& address, const IpAddress& source) {
  Buffer buffer{};
  Buffer answer{};
  nlmsghdr* request = mnl_nlmsg_put_header(buffer.data());
  request->nlmsg_type = RTM_GETROUTE;
  request->nlmsg_flags = NLM_F_REQUEST;
  auto* route = static_cast<rtmsg*>(mnl_nlmsg_put_extra_header(request, sizeof(rtmsg)));
  route->rtm_family = address.is_v4() ? AF_INET : AF_INET6;
  route->rtm_dst_len = address.host_length();
  mnl_attr_put(request, RTA_DST, address.bytes().size(), address.bytes().data());
  if (source.family() == address.family()) {
    route->rtm_src_len = source.host_length();
    mnl_attr_put(request, RTA_SRC, source.bytes().size(), source.bytes().data());
  }
  Hop hop{.gateway = address};
  int type = RTN_UNSPEC;
  const bool asked = ask(request, answer, [&](const nlmsghdr* message) {
    if (message->nlmsg_type != RTM_NEWROUTE) return;
    const auto* found = static_cast<const rtmsg*>(mnl_nlmsg_get_payload(message));
    type = found->rtm_type;
    mnl_attr_parse(message, sizeof(rtmsg), keep_hop, &hop);
  });
  if (!asked) return failed("no route to sibling " + address.to_string());
  if (type != RTN_UNICAST || hop.interface == 0) {
    return fail("no route to sibling " + address.to_string() +
                (type == RTN_LOCAL ? ": it is an address of this node" : ""));
  }
  return hop;
}

Result<std::vector<TcFilter>> read_filters(std::uint32_t interface, Direction direction) {
  Buffer buffer{};
  Buffer answer{};
  nlmsghdr* request = mnl_nlmsg_put_header(buffer.data());
  request->nlmsg_type = RTM_GETTFILTER;
  request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  auto* filter = static_cast<tcmsg*>(mnl_nlmsg_put_extra_header(request, sizeof(tcmsg)));
  filter->tcm_family = AF_UNSPEC;
  filter->tcm_ifindex = static_cast<int>(interface);
  const std::uint32_t minor = direction == Direction::ingress ? TC_H_MIN_INGRESS : TC_H_MIN_EGRESS;
  filter->tcm_parent = TC_H_MAKE(TC_H_CLSACT, minor);
  std::vector<TcFilter> found;
  const bool asked = ask(request, answer, [&](const nlmsghdr* message) {
    if (message->nlmsg_type != RTM_NEWTFILTER) return;
    const auto* head = static_cast<const tcmsg*>(mnl_nlmsg_get_payload(message));
    found.push_back({.priority = head->tcm_info >> 16, .handle = head->tcm_handle});
    mnl_attr_parse(message, sizeof(tcmsg), keep_options, &found.back());
  });
  if (!asked) return failed("asking for the filters of interface " + std::to_string(interface));
  return found;
}

Result<bool> is_ethernet(const std::string& interface) {
  const auto answer = ask_interface(interface, SIOCGIFHWADDR);
  if (!answer) return answer.error();
  return answer->ifr_hwaddr.sa_family == ARPHRD_ETHER;
}

Result<std::uint32_t> mtu_of(std::uint32_t interface) {
  std::array<char, IF_NAMESIZE> name{};
  if (::if_indextoname(interface, name.data()) == nullptr) {
    return failed("asking for interface " + std::to_string(interface));
  }
  const auto answer = ask_interface(name.data(), SIOCGIFMTU);
  if (!answer) return answer.error();
  return static_cast<std::uint32_t>(answer->ifr_mtu);
}

}  // namespace vipherd::relay
