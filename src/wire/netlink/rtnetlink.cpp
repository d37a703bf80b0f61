#include "vipherd/wire/netlink/rtnetlink.hpp"

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "vipherd/base/assert.hpp"
#include "wire/netlink/filter_message.hpp"
#include "wire/netlink/netlink.hpp"

namespace vipherd::wire::rtnetlink {
namespace {

using netlink::aligned;
using netlink::kernel_family;
using netlink::kIpv4;
using netlink::kIpv6;
using netlink::kUnspecified;
using netlink::MessageWriter;
using netlink::positive;
using netlink::read;
using netlink::read_text;
using netlink::View;
using netlink::visit_attributes;

// linux/if_addr.h has it since 5.18.
constexpr std::uint16_t kIfaProto = 11;
constexpr std::string_view kVrf = "vrf";
// IFNAMSIZ, with the zero at the end.
constexpr std::size_t kLongestLabel = 16;

/// The header has an byte for the number of a table; what does not fit is an attribute.
std::uint8_t short_table(std::uint32_t table) {
  return table > 0xff ? std::uint8_t{RT_TABLE_UNSPEC} : static_cast<std::uint8_t>(table);
}

void write_long_table(MessageWriter& writer, std::uint32_t table) {
  if (table > 0xff) writer.value(RTA_TABLE, table);
}

void append_route(Bytes& out, std::uint16_t type, int flags, const LocalRoute& route,
                  std::uint32_t sequence) {
  MessageWriter writer(type, flags, sequence);
  rtmsg message{};
  message.rtm_family = kernel_family(route.vip.family());
  message.rtm_dst_len = route.vip.host_length();
  message.rtm_table = short_table(route.table);
  message.rtm_protocol = route.protocol;
  // IPv6 routes have no scope; the kernel reports and expects "universe".
  message.rtm_scope = route.vip.is_v4() ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE;
  message.rtm_type = RTN_LOCAL;
  writer.header(message);
  writer.attribute(RTA_DST, route.vip.bytes());
  writer.value(RTA_OIF, route.oif);
  if (route.priority != 0) writer.value(RTA_PRIORITY, route.priority);
  write_long_table(writer, route.table);
  writer.append_to(out);
}

ifaddrmsg address_header(const LeasedAddress& address) {
  ifaddrmsg message{};
  message.ifa_family = kernel_family(address.vip.family());
  message.ifa_prefixlen = address.vip.host_length();
  // IPv6 addresses have no scope that could be chosen.
  message.ifa_scope = address.vip.is_v4() ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE;
  message.ifa_index = address.index;
  return message;
}

void write_label(MessageWriter& writer, const LeasedAddress& address) {
  if (!address.vip.is_v4() || address.label.empty()) return;
  VIPHERD_ASSERT(address.label.size() < kLongestLabel);
  writer.text(IFA_LABEL, address.label);
}

void append_address(Bytes& out, int flags, const LeasedAddress& address, std::uint32_t sequence) {
  VIPHERD_ASSERT(address.lease_s > 0);
  MessageWriter writer(RTM_NEWADDR, NLM_F_REQUEST | NLM_F_ACK | flags, sequence);
  writer.header(address_header(address));
  writer.attribute(IFA_LOCAL, address.vip.bytes());
  writer.attribute(IFA_ADDRESS, address.vip.bytes());
  write_label(writer, address);
  // IPv6: what is not preferred is deprecated from its beginning (RFC 4862 section 5.5.4).
  writer.value(IFA_CACHEINFO,
               ifa_cacheinfo{.ifa_prefered = address.vip.is_v4() ? address.lease_s : 0,
                             .ifa_valid = address.lease_s,
                             .cstamp = 0,
                             .tstamp = 0});
  writer.value(kIfaProto, address.protocol);
  writer.append_to(out);
}

std::optional<std::string> decode_extended_ack(View attributes) {
  std::string text;
  const bool sound = visit_attributes(attributes, [&](std::uint16_t type, View payload) {
    if (type == NLMSGERR_ATTR_MSG) text = read_text(payload);
  });
  if (!sound) return std::nullopt;
  return text;
}

/// RTA_GATEWAY or RTA_VIA; false if it is malformed.
bool read_gateway(std::uint16_t type, View value, std::size_t bytes,
                  std::vector<IpAddress>& gateways) {
  if (type == RTA_VIA) {
    std::uint16_t family = 0;
    if (!read(value, family)) return false;
    if (family != kIpv4 && family != kIpv6) return true;
    bytes = family == kIpv4 ? 4 : 16;
    value = value.subspan(sizeof family);
  }
  if (value.size() != bytes) return false;
  gateways.push_back(IpAddress::from_bytes(value));
  return true;
}

/// RTA_MULTIPATH: each next hop has a head and attributes of its own.
bool read_next_hops(View value, std::size_t bytes, std::vector<IpAddress>& gateways) {
  while (!value.empty()) {
    rtnexthop head{};
    if (!read(value, head) || head.rtnh_len < sizeof head || head.rtnh_len > value.size()) {
      return false;
    }
    bool right = true;
    const View attributes = value.first(head.rtnh_len).subspan(sizeof head);
    const bool sound = visit_attributes(attributes, [&](std::uint16_t type, View inner) {
      if (type == RTA_GATEWAY || type == RTA_VIA) {
        right = read_gateway(type, inner, bytes, gateways) && right;
      }
    });
    if (!sound || !right) return false;
    value = value.subspan(std::min<std::size_t>(aligned(head.rtnh_len), value.size()));
  }
  return true;
}

std::optional<Body> decode_route(const nlmsghdr& header, View payload) {
  rtmsg message{};
  if (!read(payload, message)) return std::nullopt;
  if (message.rtm_family != kIpv4 && message.rtm_family != kIpv6) {
    return Other{header.nlmsg_type};  // multicast routes, MPLS
  }
  const std::size_t bytes = message.rtm_family == kIpv4 ? 4 : 16;
  if (message.rtm_dst_len > bytes * 8) return std::nullopt;

  RouteMessage route;
  route.removed = header.nlmsg_type == RTM_DELROUTE;
  route.replaces = !route.removed && (header.nlmsg_flags & NLM_F_REPLACE) != 0;
  route.table = message.rtm_table;
  route.type = message.rtm_type;
  route.protocol = message.rtm_protocol;
  route.cloned = (message.rtm_flags & RTM_F_CLONED) != 0;
  std::array<std::uint8_t, 16> destination{};
  bool sizes_right = true;
  bool has_destination = false;
  const bool sound = visit_attributes(
      payload.subspan(aligned(sizeof(rtmsg))), [&](std::uint16_t type, View value) {
        if (type == RTA_DST) {
          has_destination = value.size() == bytes;
          sizes_right = sizes_right && has_destination;
          if (has_destination) std::copy(value.begin(), value.end(), destination.begin());
        } else if (type == RTA_TABLE) {
          sizes_right = sizes_right && read(value, route.table);
        } else if (type == RTA_OIF) {
          sizes_right = sizes_right && read(value, route.oif);
        } else if (type == RTA_PRIORITY) {
          sizes_right = sizes_right && read(value, route.priority);
        } else if (type == RTA_GATEWAY || type == RTA_VIA) {
          sizes_right = sizes_right && read_gateway(type, value, bytes, route.gateways);
        } else if (type == RTA_MULTIPATH) {
          sizes_right = sizes_right && read_next_hops(value, bytes, route.gateways);
        }
      });
  if (!sound || !sizes_right || (!has_destination && message.rtm_dst_len != 0)) {
    return std::nullopt;
  }
  route.destination = {IpAddress::from_bytes(View(destination).first(bytes)), message.rtm_dst_len};
  return route;
}

/// The addresses of the message; false if one has the wrong length.
struct Ends {
  std::size_t bytes;
  std::optional<IpAddress> local{};
  std::optional<IpAddress> address{};
  bool take(std::uint16_t type, View value) {
    if (value.size() != bytes) return false;
    (type == IFA_LOCAL ? local : address) = IpAddress::from_bytes(value);
    return true;
  }
};

std::optional<Body> decode_address(const nlmsghdr& header, View payload) {
  ifaddrmsg message{};
  if (!read(payload, message)) return std::nullopt;
  if (message.ifa_family != kIpv4 && message.ifa_family != kIpv6) return Other{header.nlmsg_type};
  Ends ends{message.ifa_family == kIpv4 ? std::size_t{4} : std::size_t{16}};
  if (message.ifa_prefixlen > ends.bytes * 8) return std::nullopt;

  AddressMessage address;
  address.removed = header.nlmsg_type == RTM_DELADDR;
  address.index = message.ifa_index;
  bool sizes_right = true;
  const bool sound = visit_attributes(
      payload.subspan(aligned(sizeof(ifaddrmsg))), [&](std::uint16_t type, View value) {
        if (type == IFA_LOCAL || type == IFA_ADDRESS) {
          sizes_right = ends.take(type, value) && sizes_right;
        } else if (type == IFA_LABEL) {
          address.label = read_text(value);
        } else if (type == kIfaProto) {
          sizes_right = read(value, address.protocol) && sizes_right;
        } else if (type == IFA_CACHEINFO) {
          ifa_cacheinfo times{};
          sizes_right = read(value, times) && sizes_right;
          address.preferred_s = times.ifa_prefered;
          address.valid_s = times.ifa_valid;
        }
      });
  if (!sound || !sizes_right || (!ends.local && !ends.address)) return std::nullopt;
  address.local = {ends.local ? *ends.local : *ends.address, message.ifa_prefixlen};
  address.has_peer = ends.local && ends.address && *ends.local != *ends.address;
  return address;
}

/// The table of a VRF from IFLA_LINKINFO, 0 for links of other kinds; nothing if it is malformed.
std::optional<std::uint32_t> decode_vrf_table(View info) {
  bool is_vrf = false;
  View data;
  bool sound = visit_attributes(info, [&](std::uint16_t type, View value) {
    if (type == IFLA_INFO_KIND) is_vrf = read_text(value) == kVrf;
    if (type == IFLA_INFO_DATA) data = value;
  });
  std::uint32_t table = 0;
  if (sound && is_vrf) {
    bool size_right = true;
    sound = visit_attributes(data, [&](std::uint16_t type, View value) {
      if (type == IFLA_VRF_TABLE) size_right = read(value, table);
    });
    sound = sound && size_right;
  }
  if (!sound) return std::nullopt;
  return table;
}

std::optional<Body> decode_link(const nlmsghdr& header, View payload) {
  ifinfomsg message{};
  if (!read(payload, message)) return std::nullopt;
  // A bridge's ports send RTM_DELLINK of their own family when they leave the bridge.
  if (message.ifi_family != kUnspecified) return Other{header.nlmsg_type};
  LinkMessage link{.removed = header.nlmsg_type == RTM_DELLINK,
                   .index = static_cast<std::uint32_t>(message.ifi_index),
                   .flags = message.ifi_flags,
                   .hardware = message.ifi_type};
  bool info_sound = true;
  const bool sound = visit_attributes(payload.subspan(aligned(sizeof(ifinfomsg))),
                                      [&](std::uint16_t type, View value) {
                                        if (type == IFLA_IFNAME) link.name = read_text(value);
                                        if (type == IFLA_MTU) {
                                          info_sound = read(value, link.mtu) && info_sound;
                                        }
                                        if (type == IFLA_MASTER) {
                                          info_sound = read(value, link.master) && info_sound;
                                        }
                                        if (type == IFLA_LINKINFO) {
                                          const auto table = decode_vrf_table(value);
                                          info_sound = info_sound && table;
                                          link.vrf_table = table.value_or(0);
                                        }
                                      });
  if (!sound || !info_sound) return std::nullopt;
  return link;
}

std::optional<Body> decode_ack(const nlmsghdr& header, View payload) {
  nlmsgerr error{};
  if (!read(payload, error)) return std::nullopt;
  Ack ack{positive(error.error), {}};
  if ((header.nlmsg_flags & NLM_F_ACK_TLVS) == 0) return ack;
  // The request follows whole, unless NETLINK_CAP_ACK left only its header (NLM_F_CAPPED).
  std::size_t request = sizeof(nlmsghdr);
  if ((header.nlmsg_flags & NLM_F_CAPPED) == 0) request = aligned(error.msg.nlmsg_len);
  const std::size_t attributes = sizeof(error.error) + request;
  if (request < sizeof(nlmsghdr) || attributes > payload.size()) return std::nullopt;
  const auto text = decode_extended_ack(payload.subspan(attributes));
  if (!text) return std::nullopt;
  ack.text = *text;
  return ack;
}

std::optional<Body> decode_done(const nlmsghdr& header, View payload) {
  // The result is there since Linux 2.6, but nothing promises it.
  std::int32_t error = 0;
  if (payload.empty()) return Done{};
  if (!read(payload, error)) return std::nullopt;
  Done done{positive(error), {}};
  if ((header.nlmsg_flags & NLM_F_ACK_TLVS) == 0) return done;
  const auto text = decode_extended_ack(payload.subspan(sizeof(error)));
  if (!text) return std::nullopt;
  done.text = *text;
  return done;
}

std::optional<Body> decode_body(const nlmsghdr& header, View payload) {
  switch (header.nlmsg_type) {
    case RTM_NEWROUTE:
    case RTM_DELROUTE:
      return decode_route(header, payload);
    case RTM_NEWADDR:
    case RTM_DELADDR:
      return decode_address(header, payload);
    case RTM_NEWLINK:
    case RTM_DELLINK:
      return decode_link(header, payload);
    case RTM_NEWTFILTER:
    case RTM_DELTFILTER:
      return decode_filter(header, payload);
    case NLMSG_ERROR:
      return decode_ack(header, payload);
    case NLMSG_DONE:
      return decode_done(header, payload);
    case NLMSG_OVERRUN:
      return Overrun{};
  }
  return Other{header.nlmsg_type};
}

}  // namespace

void append_new_route(Bytes& out, const LocalRoute& route, std::uint32_t sequence) {
  append_route(out, RTM_NEWROUTE, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, route,
               sequence);
}

void append_delete_route(Bytes& out, const LocalRoute& route, std::uint32_t sequence) {
  append_route(out, RTM_DELROUTE, NLM_F_REQUEST | NLM_F_ACK, route, sequence);
}

Bytes encode_dump_request(Family family, std::uint32_t sequence, std::uint32_t table) {
  MessageWriter writer(RTM_GETROUTE, NLM_F_REQUEST | NLM_F_DUMP, sequence);
  rtmsg message{};
  message.rtm_family = kernel_family(family);
  message.rtm_table = short_table(table);
  message.rtm_type = RTN_LOCAL;
  writer.header(message);
  write_long_table(writer, table);
  return writer.bytes();
}

void append_new_address(Bytes& out, const LeasedAddress& address, std::uint32_t sequence) {
  append_address(out, NLM_F_CREATE | NLM_F_EXCL, address, sequence);
}

void append_renewal(Bytes& out, const LeasedAddress& address, std::uint32_t sequence) {
  append_address(out, NLM_F_REPLACE, address, sequence);
}

void append_delete_address(Bytes& out, const LeasedAddress& address, std::uint32_t sequence) {
  MessageWriter writer(RTM_DELADDR, NLM_F_REQUEST | NLM_F_ACK, sequence);
  writer.header(address_header(address));
  writer.attribute(IFA_LOCAL, address.vip.bytes());
  writer.attribute(IFA_ADDRESS, address.vip.bytes());
  write_label(writer, address);
  writer.append_to(out);
}

Bytes encode_address_dump_request(Family family, std::uint32_t sequence) {
  MessageWriter writer(RTM_GETADDR, NLM_F_REQUEST | NLM_F_DUMP, sequence);
  ifaddrmsg message{};
  message.ifa_family = kernel_family(family);
  writer.header(message);
  return writer.bytes();
}

Bytes encode_vrf_dump_request(std::uint32_t sequence) {
  MessageWriter writer(RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, sequence);
  writer.header(ifinfomsg{});
  writer.nested_text(IFLA_LINKINFO, IFLA_INFO_KIND, kVrf);
  return writer.bytes();
}

Bytes encode_link_dump_request(std::uint32_t sequence) {
  MessageWriter writer(RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, sequence);
  writer.header(ifinfomsg{});
  return writer.bytes();
}

Bytes encode_link_lookup(std::uint32_t index, std::uint32_t sequence) {
  MessageWriter writer(RTM_GETLINK, NLM_F_REQUEST, sequence);
  ifinfomsg message{};
  message.ifi_index = static_cast<int>(index);
  writer.header(message);
  return writer.bytes();
}

Bytes encode_next_hop_lookup(const IpAddress& destination, const std::optional<IpAddress>& source,
                             std::uint32_t sequence) {
  MessageWriter writer(RTM_GETROUTE, NLM_F_REQUEST, sequence);
  rtmsg message{};
  message.rtm_family = kernel_family(destination.family());
  message.rtm_dst_len = destination.host_length();
  message.rtm_src_len = source ? source->host_length() : std::uint8_t{0};
  writer.header(message);
  writer.attribute(RTA_DST, destination.bytes());
  if (source) writer.attribute(RTA_SRC, source->bytes());
  return writer.bytes();
}

Bytes encode_route_lookup(const IpAddress& destination, std::uint32_t interface,
                          std::uint32_t sequence) {
  MessageWriter writer(RTM_GETROUTE, NLM_F_REQUEST, sequence);
  rtmsg message{};
  message.rtm_family = destination.is_v4() ? kIpv4 : kIpv6;
  message.rtm_dst_len = destination.host_length();
  message.rtm_flags = RTM_F_FIB_MATCH;
  writer.header(message);
  writer.attribute(RTA_DST, destination.bytes());
  if (interface != 0) writer.value(RTA_OIF, interface);
  return writer.bytes();
}

Result<std::optional<Message>> decode_next(View& buffer) {
  if (buffer.empty()) return std::optional<Message>{};
  const auto framed = netlink::first_message(buffer);
  if (!framed) return fail("a netlink message is cut short");
  const nlmsghdr& header = framed->header;
  auto body = decode_body(header, framed->payload);
  if (!body) {
    return fail("a netlink message of type " + std::to_string(header.nlmsg_type) + " is malformed");
  }
  buffer = framed->rest;
  // In NLMSG_ERROR and RTM_NEW* the same bit means other things; only a dump sets it with MULTI.
  constexpr int kInterrupted = NLM_F_MULTI | NLM_F_DUMP_INTR;
  return std::optional<Message>{Message{
      header.nlmsg_seq, (header.nlmsg_flags & kInterrupted) == kInterrupted, std::move(*body)}};
}

}  // namespace vipherd::wire::rtnetlink
