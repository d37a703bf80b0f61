// rtnetlink messages about routes, addresses, links and filters, as pure bytes <-> values. Owns no
// socket and reads no clock; every length that comes in is checked. Names are those of
// linux/netlink.h and linux/rtnetlink.h; numbers are in host order, as the kernel sends them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/base/result.hpp"

namespace vipherd::wire::rtnetlink {

using Bytes = std::vector<std::uint8_t>;

inline constexpr std::uint32_t kTableLocal = 255;

/// A host route `local VIP dev OIF table TABLE proto PROTOCOL`, IPv4 with scope host.
struct LocalRoute {
  IpAddress vip;
  std::uint8_t protocol = 0;
  std::uint32_t oif = 0;  ///< index of the interface
  std::uint32_t table = kTableLocal;
  std::uint32_t priority = 0;  ///< 0: what the kernel gives it
  friend bool operator==(const LocalRoute&, const LocalRoute&) = default;
};

/// Appends RTM_NEWROUTE with NLM_F_CREATE|NLM_F_EXCL|NLM_F_ACK.
void append_new_route(Bytes& out, const LocalRoute& route, std::uint32_t sequence);
/// Appends RTM_DELROUTE with NLM_F_ACK. It carries protocol, type, scope, interface and table,
/// so that the kernel finds no route but exactly this one.
void append_delete_route(Bytes& out, const LocalRoute& route, std::uint32_t sequence);
/// A request for all routes of type local in a table; needs NETLINK_GET_STRICT_CHK to be
/// filtered by the kernel, otherwise everything comes.
Bytes encode_dump_request(Family family, std::uint32_t sequence, std::uint32_t table = kTableLocal);

/// An address `VIP/32` or `VIP/128` without a broadcast address, of scope host, so that the kernel
/// never chooses it as the source of what leaves this node; IPv6 is deprecated for the same reason.
struct LeasedAddress {
  IpAddress vip;
  std::uint8_t protocol = 0;  ///< IFA_PROTO; kernels before 5.18 ignore it
  std::uint32_t index = 0;    ///< of the interface
  std::string label{};  ///< IFA_LABEL, for IPv4: at most 15 bytes, begins with the interface's name
  std::uint32_t lease_s = 0;  ///< IFA_CACHEINFO: the kernel removes the address after this, never 0
  friend bool operator==(const LeasedAddress&, const LeasedAddress&) = default;
};

/// Appends RTM_NEWADDR with NLM_F_CREATE|NLM_F_EXCL|NLM_F_ACK.
void append_new_address(Bytes& out, const LeasedAddress& address, std::uint32_t sequence);
/// Appends RTM_NEWADDR with NLM_F_REPLACE|NLM_F_ACK: begins the lease anew. The kernel also
/// makes the address should it be gone: it has no way to forbid that.
void append_renewal(Bytes& out, const LeasedAddress& address, std::uint32_t sequence);
/// Appends RTM_DELADDR with NLM_F_ACK. For IPv4 the label makes sure that the kernel finds no
/// address but ours.
void append_delete_address(Bytes& out, const LeasedAddress& address, std::uint32_t sequence);
/// A request for all addresses of all interfaces.
Bytes encode_address_dump_request(Family family, std::uint32_t sequence);
/// A request for all VRF devices; a kernel that knows none sends all links.
Bytes encode_vrf_dump_request(std::uint32_t sequence);

/// A request for all links.
Bytes encode_link_dump_request(std::uint32_t sequence);
/// A request for one link.
Bytes encode_link_lookup(std::uint32_t index, std::uint32_t sequence);
/// A request for the filters of an interface below `parent`, for instance
/// TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS); none come where there is no such qdisc.
Bytes encode_filter_dump_request(std::uint32_t index, std::uint32_t parent, std::uint32_t sequence);
/// Asks which route this node would take; `interface` is that of a VRF, or 0. The answer is the
/// route as it is in its table (RTM_F_FIB_MATCH), or an Ack with the reason why there is none.
Bytes encode_route_lookup(const IpAddress& destination, std::uint32_t interface,
                          std::uint32_t sequence);
/// Asks for the next hop of a packet with this source, or with the one that the kernel chooses. Of
/// several next hops the answer has the one that is taken; or it is an Ack with the reason why
/// there is none.
Bytes encode_next_hop_lookup(const IpAddress& destination, const std::optional<IpAddress>& source,
                             std::uint32_t sequence);

/// RTM_NEWROUTE or RTM_DELROUTE.
struct RouteMessage {
  bool removed = false;
  /// NLM_F_REPLACE: another route went away in the same moment, without an RTM_DELROUTE.
  bool replaces = false;
  IpPrefix destination;
  std::uint32_t table = 0;
  std::uint8_t type = 0;      ///< RTN_*
  std::uint8_t protocol = 0;  ///< RTPROT_*
  bool cloned = false;        ///< RTM_F_CLONED: a cached exception, not a route
  std::uint32_t oif = 0;      ///< 0: none, or several
  std::uint32_t priority = 0;
  /// RTA_GATEWAY and RTA_VIA, also within RTA_MULTIPATH; a next hop may be of the other family.
  std::vector<IpAddress> gateways{};
  friend bool operator==(const RouteMessage&, const RouteMessage&) = default;
};

/// RTM_NEWADDR (also for a renewal) or RTM_DELADDR.
struct AddressMessage {
  bool removed = false;
  IpPrefix local;             ///< the node's own address (IFA_LOCAL, or IFA_ADDRESS without one)
  bool has_peer = false;      ///< IFA_ADDRESS is another one: the prefix is that of the other end
  std::uint32_t index = 0;    ///< of the interface
  std::uint8_t protocol = 0;  ///< IFA_PROTO; 0: none, or a kernel before 5.18
  std::string label{};
  /// IFA_CACHEINFO, in seconds; the greatest number: for ever.
  std::uint32_t preferred_s = 0xffffffff;
  std::uint32_t valid_s = 0xffffffff;
  friend bool operator==(const AddressMessage&, const AddressMessage&) = default;
};

/// RTM_NEWLINK or RTM_DELLINK.
struct LinkMessage {
  bool removed = false;
  std::uint32_t index = 0;
  std::uint32_t flags = 0;  ///< IFF_*
  std::string name{};
  std::uint32_t vrf_table = 0;  ///< of a VRF device; 0: another kind
  std::uint32_t master = 0;     ///< index of the bridge, bond or VRF device that it belongs to
  std::uint16_t hardware = 0;   ///< ARPHRD_*
  std::uint32_t mtu = 0;        ///< 0: not told
  friend bool operator==(const LinkMessage&, const LinkMessage&) = default;
};

/// RTM_NEWTFILTER or RTM_DELTFILTER. A dump has one more for each priority, with a handle of 0.
struct FilterMessage {
  bool removed = false;
  std::uint32_t index = 0;  ///< of the interface
  std::uint32_t parent = 0;
  std::uint32_t priority = 0;
  std::uint32_t handle = 0;
  std::string kind{};            ///< TCA_KIND
  std::string program{};         ///< kind bpf: as the program that attached it called it
  std::uint32_t program_id = 0;  ///< kind bpf; 0: of the classic kind, which has none
  friend bool operator==(const FilterMessage&, const FilterMessage&) = default;
};

/// NLMSG_ERROR: the answer to a request.
struct Ack {
  int error = 0;     ///< a positive errno, 0 for success
  std::string text;  ///< the kernel's extended ack, may be empty
  friend bool operator==(const Ack&, const Ack&) = default;
};

/// NLMSG_DONE: the end of a dump.
struct Done {
  int error = 0;  ///< a positive errno, 0 for success
  std::string text;
  friend bool operator==(const Done&, const Done&) = default;
};

/// NLMSG_OVERRUN: data was lost.
struct Overrun {
  friend bool operator==(const Overrun&, const Overrun&) = default;
};

/// A message of another type or family.
struct Other {
  std::uint16_t type = 0;
  friend bool operator==(const Other&, const Other&) = default;
};

using Body = std::variant<RouteMessage, AddressMessage, LinkMessage, FilterMessage, Ack, Done,
                          Overrun, Other>;

struct Message {
  std::uint32_t sequence = 0;
  bool dump_interrupted = false;  ///< NLM_F_DUMP_INTR: the table changed while it was dumped
  Body body;
  friend bool operator==(const Message&, const Message&) = default;
};

/// Takes the first message off `buffer`; nothing when it is empty. After a failure the rest of
/// the buffer cannot be understood.
Result<std::optional<Message>> decode_next(std::span<const std::uint8_t>& buffer);

}  // namespace vipherd::wire::rtnetlink
