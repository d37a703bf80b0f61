// Messages put together here, attribute by attribute, and what is wrong with them.
#include <gmock/gmock.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "unit/wire/hex.hpp"
#include "vipherd/wire/netlink/rtnetlink.hpp"

namespace vipherd::wire::rtnetlink {
namespace {

using test::from_hex;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

IpAddress address_of(const std::string& text) { return IpAddress::parse(text).value(); }

Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

/// With the bytes that fill it up to the next one.
Bytes attribute(std::uint16_t type, const Bytes& value) {
  const auto length = static_cast<std::uint16_t>(4 + value.size());
  Bytes bytes{static_cast<std::uint8_t>(length & 0xff), static_cast<std::uint8_t>(length >> 8),
              static_cast<std::uint8_t>(type & 0xff), static_cast<std::uint8_t>(type >> 8)};
  bytes = bytes + value;
  while (bytes.size() % 4 != 0) bytes.push_back(0);
  return bytes;
}

Bytes attribute(std::uint16_t type, const std::string& hex) {
  return attribute(type, from_hex(hex));
}

Bytes message_of(std::uint16_t type, const Bytes& payload, std::uint16_t flags = 0) {
  const auto length = static_cast<std::uint8_t>(16 + payload.size());
  Bytes bytes(16);
  bytes[0] = length;
  bytes[4] = static_cast<std::uint8_t>(type);
  std::memcpy(bytes.data() + 6, &flags, sizeof(flags));
  return bytes + payload;
}

/// What a message says, or nothing if it is refused as malformed.
std::optional<Body> body_of(std::uint16_t type, const Bytes& payload, std::uint16_t flags = 0) {
  const Bytes bytes = message_of(type, payload, flags);
  std::span<const std::uint8_t> left = bytes;
  const auto message = decode_next(left);
  if (message && *message) {
    EXPECT_TRUE(left.empty());
    return (*message)->body;
  }
  EXPECT_EQ(message ? "nothing" : message.error().what,
            "a netlink message of type " + std::to_string(type) + " is malformed");
  return std::nullopt;
}

/// A default route of table main whose next hops follow.
const Bytes kRoute = from_hex("02 00 00 00 fe 03 00 01 00000000");

/// The gateways of a route with these attributes; nothing if it is refused.
std::optional<std::vector<IpAddress>> gateways_of(const Bytes& attributes) {
  const auto body = body_of(RTM_NEWROUTE, kRoute + attributes);
  if (!body) return std::nullopt;
  return std::get<RouteMessage>(*body).gateways;
}

Bytes next_hop(const Bytes& attributes) {
  Bytes head = from_hex("0000 00 00 03000000");
  head[0] = static_cast<std::uint8_t>(8 + attributes.size());
  return head + attributes;
}

TEST(RtnetlinkDecode, ANextHopMayBeOfTheOtherFamily) {
  const std::vector<IpAddress> four{address_of("10.0.0.1")};
  const std::vector<IpAddress> six{address_of("fe80::1")};
  const std::string fe80 = "fe800000000000000000000000000001";
  EXPECT_EQ(gateways_of({}), std::vector<IpAddress>{});
  EXPECT_EQ(gateways_of(attribute(RTA_GATEWAY, "0a000001")), four);
  EXPECT_EQ(gateways_of(attribute(RTA_VIA, "0200 0a000001")), four);
  EXPECT_EQ(gateways_of(attribute(RTA_VIA, "0a00" + fe80)), six);
  // MPLS has next hops of other families.
  EXPECT_EQ(gateways_of(attribute(RTA_VIA, "1100 010203040506")), std::vector<IpAddress>{});
  for (const auto& [type, value] :
       std::vector<std::pair<std::uint16_t, std::string>>{{RTA_GATEWAY, ""},
                                                          {RTA_GATEWAY, "0a0000"},
                                                          {RTA_GATEWAY, fe80},
                                                          {RTA_VIA, ""},
                                                          {RTA_VIA, "02"},
                                                          {RTA_VIA, "0200"},
                                                          {RTA_VIA, "0200" + fe80},
                                                          {RTA_VIA, "0a00 0a000001"}}) {
    EXPECT_EQ(gateways_of(attribute(type, value)), std::nullopt) << value;
    const Bytes multipath = attribute(RTA_MULTIPATH, next_hop(attribute(type, value)));
    EXPECT_EQ(gateways_of(multipath), std::nullopt) << value;
  }
}

TEST(RtnetlinkDecode, OfSeveralNextHopsAllGatewaysAreRead) {
  const Bytes one = next_hop(attribute(RTA_GATEWAY, "0a000001"));
  const Bytes two = next_hop(attribute(RTA_FLOW, "00000000") + attribute(RTA_VIA, "0200 0a000002"));
  const Bytes none = next_hop({});
  EXPECT_EQ(gateways_of(attribute(RTA_MULTIPATH, one + none + two)),
            (std::vector<IpAddress>{address_of("10.0.0.1"), address_of("10.0.0.2")}));
  EXPECT_EQ(gateways_of(attribute(RTA_MULTIPATH, Bytes{})), std::vector<IpAddress>{});
  const auto changed = [&](std::size_t at, std::uint8_t value) {
    Bytes bytes = one;
    bytes[at] = value;
    return gateways_of(attribute(RTA_MULTIPATH, bytes));
  };
  EXPECT_EQ(changed(0, 0), std::nullopt) << "no length";
  EXPECT_EQ(changed(0, 7), std::nullopt) << "shorter than its head";
  EXPECT_EQ(changed(0, 17), std::nullopt) << "longer than what is there";
  EXPECT_EQ(changed(0, 15), std::nullopt) << "an attribute that goes beyond it";
  EXPECT_EQ(changed(8, 3), std::nullopt) << "an attribute shorter than its head";
  EXPECT_EQ(gateways_of(attribute(RTA_MULTIPATH, from_hex("0800 00 00 0300"))), std::nullopt);
  // What is wrong with the first is not forgotten over the second.
  EXPECT_EQ(gateways_of(attribute(RTA_MULTIPATH, next_hop(attribute(RTA_GATEWAY, "0a") +
                                                          attribute(RTA_GATEWAY, "0a000001")))),
            std::nullopt);
}

TEST(RtnetlinkDecode, AttributesOfARouteHaveTheirSizes) {
  const Bytes good = attribute(RTA_DST, "0a000001") + attribute(RTA_TABLE, "e8030000") +
                     attribute(RTA_OIF, "03000000") + attribute(RTA_PRIORITY, "14000000") +
                     attribute(RTA_GATEWAY, "0a000002") +
                     attribute(RTA_MULTIPATH, next_hop(attribute(RTA_GATEWAY, "0a000003")));
  Bytes host = kRoute;
  host[1] = 32;
  EXPECT_EQ(body_of(RTM_NEWROUTE, host + good),
            (Body{RouteMessage{.destination = {address_of("10.0.0.1"), 32},
                               .table = 1000,
                               .type = RTN_UNICAST,
                               .protocol = RTPROT_BOOT,
                               .oif = 3,
                               .priority = 20,
                               .gateways = {address_of("10.0.0.2"), address_of("10.0.0.3")}}}));
  for (const std::uint16_t type :
       {RTA_DST, RTA_TABLE, RTA_OIF, RTA_PRIORITY, RTA_GATEWAY, RTA_MULTIPATH}) {
    // Whatever of the right size stands before or behind it.
    const Bytes bad = attribute(type, "010000");
    EXPECT_EQ(body_of(RTM_NEWROUTE, host + bad + good), std::nullopt) << type;
    EXPECT_EQ(body_of(RTM_NEWROUTE, host + good + bad), std::nullopt) << type;
  }
  EXPECT_EQ(body_of(RTM_NEWROUTE, host), std::nullopt) << "a host route to nowhere";
  EXPECT_EQ(body_of(RTM_NEWROUTE, from_hex("02 00 00 00 fe 03 00 01 000000")), std::nullopt);
  // Cached exceptions of IPv6 come with the routes.
  EXPECT_EQ(body_of(RTM_DELROUTE, from_hex("0a 00 00 00 fe 02 00 01 00020000"), NLM_F_REPLACE),
            (Body{RouteMessage{.removed = true,
                               .destination = {address_of("::"), 0},
                               .table = RT_TABLE_MAIN,
                               .type = RTN_UNICAST,
                               .protocol = RTPROT_KERNEL,
                               .cloned = true}}));
}

TEST(RtnetlinkDecode, AttributesOfAnAddressHaveTheirSizes) {
  const Bytes header = from_hex("02 20 80 00 03000000");
  const Bytes local = attribute(IFA_LOCAL, "0a000001");
  const Bytes peer = attribute(IFA_ADDRESS, "0a000002");
  const AddressMessage expected{.local = {address_of("10.0.0.1"), 32}, .index = 3};
  EXPECT_EQ(body_of(RTM_NEWADDR, header + local), Body{expected});
  // Without a local one the address is the node's own.
  EXPECT_EQ(body_of(RTM_NEWADDR, header + attribute(IFA_ADDRESS, "0a000001")), Body{expected});
  EXPECT_EQ(body_of(RTM_NEWADDR, header + local + attribute(IFA_ADDRESS, "0a000001")),
            Body{expected});
  AddressMessage with_peer = expected;
  with_peer.has_peer = true;
  EXPECT_EQ(body_of(RTM_NEWADDR, header + local + peer), Body{with_peer});
  EXPECT_EQ(body_of(RTM_NEWADDR, header + peer + local), Body{with_peer});
  AddressMessage complete = expected;
  complete.protocol = 118;
  complete.label = "lo:vh118";
  complete.preferred_s = 5;
  complete.valid_s = 7;
  const Bytes rest = attribute(IFA_LABEL, "6c6f3a766831313800") +
                     attribute(IFA_CACHEINFO, "05000000 07000000 00000000 00000000") +
                     attribute(11, "76");  // IFA_PROTO
  EXPECT_EQ(body_of(RTM_NEWADDR, header + local + rest), Body{complete});
  EXPECT_EQ(body_of(RTM_NEWADDR, header), std::nullopt) << "no address at all";
  EXPECT_EQ(body_of(RTM_NEWADDR, header + rest), std::nullopt) << "no address at all";
  for (const Bytes& bad :
       {attribute(IFA_LOCAL, "0a0000"), attribute(IFA_ADDRESS, "0a00000100"), attribute(11, ""),
        attribute(IFA_CACHEINFO, "05000000 07000000 00000000"), from_hex("0300 0200 0a000001"),
        from_hex("0900 0200 0a000001")}) {
    EXPECT_EQ(body_of(RTM_NEWADDR, header + local + bad), std::nullopt);
    EXPECT_EQ(body_of(RTM_NEWADDR, header + bad + local), std::nullopt);
  }
}

TEST(RtnetlinkDecode, AddressesOfOtherFamiliesAreOthers) {
  const Bytes local = attribute(IFA_LOCAL, "0a000001");
  for (const char* family : {"00", "07", "11"}) {
    for (const std::uint16_t type : {RTM_NEWADDR, RTM_DELADDR}) {
      EXPECT_EQ(body_of(type, from_hex(std::string(family) + "20 80 00 03000000") + local),
                Body{Other{type}});
    }
  }
  EXPECT_EQ(body_of(RTM_NEWADDR, from_hex("02 21 80 00 03000000") + local), std::nullopt)
      << "a prefix of 33 bits";
  EXPECT_EQ(body_of(RTM_NEWADDR, from_hex("02 20 80 00 030000")), std::nullopt);
  EXPECT_EQ(body_of(RTM_NEWADDR, {}), std::nullopt);
}

TEST(RtnetlinkDecode, AttributesOfALinkHaveTheirSizes) {
  const Bytes header = from_hex("00 00 0100 05000000 43100000 00000000");
  LinkMessage expected{.index = 5, .flags = 0x1043, .hardware = 1};
  EXPECT_EQ(body_of(RTM_NEWLINK, header), Body{expected});
  expected.master = 7;
  expected.mtu = 1500;
  expected.vrf_table = 1000;
  const Bytes vrf = attribute(IFLA_INFO_KIND, "76726600") +
                    attribute(IFLA_INFO_DATA, attribute(IFLA_VRF_TABLE, "e8030000"));
  const Bytes rest = attribute(IFLA_MASTER, "07000000") + attribute(IFLA_MTU, "dc050000") +
                     attribute(IFLA_LINKINFO, vrf);
  EXPECT_EQ(body_of(RTM_NEWLINK, header + rest), Body{expected});
  for (const Bytes& bad :
       {attribute(IFLA_MASTER, "070000"), attribute(IFLA_MTU, "dc05"), attribute(IFLA_MASTER, ""),
        attribute(IFLA_LINKINFO, from_hex("0300 0100")),
        attribute(IFLA_LINKINFO, from_hex("0900 0100 76726600")), from_hex("0300 0a00")}) {
    EXPECT_EQ(body_of(RTM_NEWLINK, header + bad + rest), std::nullopt);
    EXPECT_EQ(body_of(RTM_NEWLINK, header + rest + bad), std::nullopt);
  }
  // A port that left its bridge.
  EXPECT_EQ(body_of(RTM_DELLINK, from_hex("07 00 0100 05000000 43100000 00000000") + rest),
            Body{Other{RTM_DELLINK}});
  EXPECT_EQ(body_of(RTM_NEWLINK, from_hex("00 00 0100 05000000 43100000 000000")), std::nullopt);
}

TEST(RtnetlinkDecode, OnlyOfAVrfTheTableIsRead) {
  const auto table_of = [](const Bytes& info) -> std::optional<std::uint32_t> {
    const auto body = body_of(RTM_NEWLINK, from_hex("00 00 0100 05000000 43100000 00000000") +
                                               attribute(IFLA_LINKINFO, info));
    if (!body) return std::nullopt;
    return std::get<LinkMessage>(*body).vrf_table;
  };
  const Bytes vrf = attribute(IFLA_INFO_KIND, "76726600");
  const Bytes veth = attribute(IFLA_INFO_KIND, "7665746800");
  const Bytes data = attribute(IFLA_INFO_DATA, attribute(IFLA_VRF_TABLE, "e8030000"));
  EXPECT_EQ(table_of(vrf + data), 1000u);
  EXPECT_EQ(table_of(data + vrf), 1000u);
  EXPECT_EQ(table_of(vrf), 0u);
  EXPECT_EQ(table_of(vrf + attribute(IFLA_INFO_DATA, attribute(7, "e8030000"))), 0u);
  EXPECT_EQ(table_of(data), 0u);
  EXPECT_EQ(table_of({}), 0u);
  for (const char* odd : {"0700 0100 e80300", "0300 0100 e8030000", "0900 0100 e8030000"}) {
    const Bytes bad = attribute(IFLA_INFO_DATA, from_hex(odd));
    EXPECT_EQ(table_of(vrf + bad), std::nullopt) << odd;
    // The data of other kinds have another form.
    EXPECT_EQ(table_of(veth + bad), 0u) << odd;
  }
}

TEST(RtnetlinkDecode, OnlyOfAClassifierOfKindBpfTheProgramIsRead) {
  const Bytes header = from_hex("00 00 0000 02000000 01000000 f2ffffff 00006400");
  const Bytes bpf = attribute(TCA_KIND, "62706600");
  const FilterMessage expected{
      .index = 2, .parent = 0xfffffff2, .priority = 100, .handle = 1, .kind = "bpf"};
  EXPECT_EQ(body_of(RTM_NEWTFILTER, header + bpf), Body{expected});
  FilterMessage named = expected;
  named.removed = true;
  named.program = "vip";
  named.program_id = 7;
  const Bytes name = attribute(TCA_BPF_NAME, "76697000");
  const Bytes id = attribute(TCA_BPF_ID, "07000000");
  EXPECT_EQ(body_of(RTM_DELTFILTER, header + bpf + attribute(TCA_OPTIONS, name + id)), Body{named});
  const Bytes wrong = attribute(TCA_BPF_ID, "0700");
  for (const Bytes& options : {wrong, wrong + id, id + wrong, from_hex("0300 0700")}) {
    EXPECT_EQ(body_of(RTM_NEWTFILTER, header + bpf + attribute(TCA_OPTIONS, options)),
              std::nullopt);
    FilterMessage other = expected;
    other.kind = "u32";
    EXPECT_EQ(body_of(RTM_NEWTFILTER,
                      header + attribute(TCA_KIND, "75333200") + attribute(TCA_OPTIONS, options)),
              Body{other});
  }
  EXPECT_EQ(body_of(RTM_NEWTFILTER, header + bpf + from_hex("0300 0200")), std::nullopt);
  EXPECT_EQ(body_of(RTM_NEWTFILTER, from_hex("00 00 0000 02000000 01000000 f2ffffff 000064")),
            std::nullopt);
}

TEST(RtnetlinkDecode, TheEndOfADumpMayHaveAReason) {
  const Bytes error = from_hex("eaffffff");
  const Bytes reason = attribute(NLMSGERR_ATTR_MSG, "4e6f2064756d7000");
  const Bytes offset = attribute(NLMSGERR_ATTR_OFFS, "10000000");
  EXPECT_EQ(body_of(NLMSG_DONE, error + reason, NLM_F_ACK_TLVS), (Body{Done{EINVAL, "No dump"}}));
  EXPECT_EQ(body_of(NLMSG_DONE, error + offset + reason, NLM_F_ACK_TLVS),
            (Body{Done{EINVAL, "No dump"}}));
  EXPECT_EQ(body_of(NLMSG_DONE, error + offset, NLM_F_ACK_TLVS), (Body{Done{EINVAL, ""}}));
  EXPECT_EQ(body_of(NLMSG_DONE, error, NLM_F_ACK_TLVS), (Body{Done{EINVAL, ""}}));
  // Without the flag what follows is not said to be anything.
  EXPECT_EQ(body_of(NLMSG_DONE, error + reason), (Body{Done{EINVAL, ""}}));
  EXPECT_EQ(body_of(NLMSG_DONE, {}, NLM_F_ACK_TLVS), Body{Done{}});
  EXPECT_EQ(body_of(NLMSG_DONE, from_hex("eaff"), NLM_F_ACK_TLVS), std::nullopt);
  for (const char* bad : {"0300 0100", "0900 0100 4e6f0000"}) {
    EXPECT_EQ(body_of(NLMSG_DONE, error + from_hex(bad), NLM_F_ACK_TLVS), std::nullopt) << bad;
  }
}

TEST(RtnetlinkDecode, AnAckHasAnErrorAndTheRequest) {
  const Bytes request = from_hex("10000000 1800 0500 07000000 00000000");
  const Bytes offset = attribute(NLMSGERR_ATTR_OFFS, "10000000");
  EXPECT_EQ(
      body_of(NLMSG_ERROR, from_hex("eaffffff") + request + offset, NLM_F_ACK_TLVS | NLM_F_CAPPED),
      (Body{Ack{EINVAL, ""}}));
  EXPECT_EQ(body_of(NLMSG_ERROR, from_hex("00000080") + request), (Body{Ack{INT32_MAX, ""}}))
      << "the one number that has no opposite";
  EXPECT_EQ(body_of(NLMSG_ERROR, from_hex("eaffffff")), std::nullopt);
}

}  // namespace
}  // namespace vipherd::wire::rtnetlink
