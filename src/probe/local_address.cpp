#include "probe/local_address.hpp"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>

namespace vipherd::probe {
namespace {

struct Question {
  nlmsghdr header{};
  rtmsg route{};
  rtattr interface {};
  std::uint32_t index = 0;  ///< of the VRF's device; 0: none
  rtattr attribute{};
  std::array<std::uint8_t, 16> address{};
};

Question ask_for(const IpAddress& address, std::uint32_t index) {
  const auto bytes = address.bytes();
  Question question;
  question.route.rtm_family = address.is_v4() ? AF_INET : AF_INET6;
  question.route.rtm_dst_len = static_cast<unsigned char>(bytes.size() * 8);
  question.interface.rta_type = RTA_OIF;
  question.interface.rta_len = RTA_LENGTH(sizeof question.index);
  question.index = index;
  question.attribute.rta_type = RTA_DST;
  question.attribute.rta_len = static_cast<unsigned short>(RTA_LENGTH(bytes.size()));
  std::memcpy(question.address.data(), bytes.data(), bytes.size());
  question.header.nlmsg_len = static_cast<std::uint32_t>(
      NLMSG_LENGTH(sizeof(rtmsg)) + question.interface.rta_len + question.attribute.rta_len);
  question.header.nlmsg_type = RTM_GETROUTE;
  question.header.nlmsg_flags = NLM_F_REQUEST;
  return question;
}

}  // namespace

bool is_local_address(const IpAddress& address, const std::string& vrf) {
  if (address.is_v4() && address.bytes()[0] == 127) return true;
  const int socket = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (socket < 0) return false;
  const Question question = ask_for(address, vrf.empty() ? 0 : if_nametoindex(vrf.c_str()));
  // The answer is there when send() returns: this kind of question is answered within it.
  std::array<char, 4096> answer{};
  const bool asked = ::send(socket, &question, question.header.nlmsg_len, 0) > 0;
  const ssize_t size = asked ? ::recv(socket, answer.data(), answer.size(), MSG_DONTWAIT) : -1;
  ::close(socket);
  if (size < static_cast<ssize_t>(NLMSG_LENGTH(sizeof(rtmsg)))) return false;
  nlmsghdr header{};
  rtmsg route{};
  std::memcpy(&header, answer.data(), sizeof header);
  std::memcpy(&route, answer.data() + NLMSG_HDRLEN, sizeof route);
  return header.nlmsg_type == RTM_NEWROUTE && route.rtm_type == RTN_LOCAL;
}

}  // namespace vipherd::probe
