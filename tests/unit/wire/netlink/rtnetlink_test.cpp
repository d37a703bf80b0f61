// Requests byte for byte; answers as Linux 6 gave them, and every way to cut them short.
#include "vipherd/wire/netlink/rtnetlink.hpp"

#include <gmock/gmock.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

namespace vipherd::wire::rtnetlink {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

IpAddress ip(const std::string& text) { return IpAddress::parse(text).value(); }

/// Messages of the kernel are in host order: these are of a little-endian host.
Bytes from_hex(const std::string& hex) {
  Bytes bytes;
  for (std::size_t index = 0; index < hex.size();) {
    if (hex[index] == ' ') {
      ++index;
      continue;
    }
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(hex.substr(index, 2), nullptr, 16)));
    index += 2;
  }
  return bytes;
}

/// All messages of a datagram; a failure is the last element of `failure`.
std::vector<Message> decode_all(std::span<const std::uint8_t> datagram, std::string* failure) {
  std::vector<Message> messages;
  for (;;) {
    auto message = decode_next(datagram);
    if (!message) {
      if (failure != nullptr) *failure = message.error().what;
      return messages;
    }
    if (!*message) return messages;
    messages.push_back(**message);
  }
}

std::vector<Message> decode_sound(std::span<const std::uint8_t> datagram) {
  std::string failure;
  auto messages = decode_all(datagram, &failure);
  EXPECT_EQ(failure, "");
  return messages;
}

Bytes recorded(const std::string& name) {
  const char* source = std::getenv("VIPHERD_SOURCE");
  const std::string folder = source == nullptr ? "." : source;
  std::ifstream file(folder + "/tests/fuzz/corpus/rtnetlink/" + name, std::ios::binary);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(RtnetlinkEncode, NewRouteIpv4) {
  Bytes out;
  append_new_route(out, {ip("10.10.10.10"), 118, 1}, 7);
  EXPECT_EQ(out, from_hex("2c000000 1800 0506 07000000 00000000"  // NEWROUTE, CREATE|EXCL|ACK
                          "02 20 00 00 ff 76 fe 02 00000000"      // /32, local, 118, host, local
                          "0800 0100 0a0a0a0a 0800 0400 01000000"));
}

TEST(RtnetlinkEncode, NewRouteIpv6) {
  Bytes out;
  append_new_route(out, {ip("2001:db8:10::10"), 118, 1}, 7);
  EXPECT_EQ(out, from_hex("38000000 1800 0506 07000000 00000000"
                          "0a 80 00 00 ff 76 00 02 00000000"
                          "1400 0100 20010db8001000000000000000000010 0800 0400 01000000"));
}

TEST(RtnetlinkEncode, DeleteRouteCarriesWhatIdentifiesIt) {
  Bytes out;
  append_delete_route(out, {ip("10.10.10.10"), 118, 1}, 8);
  EXPECT_EQ(out, from_hex("2c000000 1900 0500 08000000 00000000"  // DELROUTE, REQUEST|ACK
                          "02 20 00 00 ff 76 fe 02 00000000"
                          "0800 0100 0a0a0a0a 0800 0400 01000000"));
}

TEST(RtnetlinkEncode, RequestsFollowEachOther) {
  Bytes both;
  append_new_route(both, {ip("10.10.10.10"), 118, 1}, 1);
  append_delete_route(both, {ip("2001:db8::1"), 118, 1}, 2);
  const auto messages = decode_sound(both);
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_EQ(messages[0].sequence, 1u);
  EXPECT_EQ(messages[1].sequence, 2u);
  const auto& removed = std::get<RouteMessage>(messages[1].body);
  EXPECT_TRUE(removed.removed);
  EXPECT_EQ(removed.destination, (IpPrefix{ip("2001:db8::1"), 128}));
}

TEST(RtnetlinkEncode, DumpAsksForLocalRoutesOfTableLocal) {
  EXPECT_EQ(encode_dump_request(Family::ipv4, 3),
            from_hex("1c000000 1a00 0103 03000000 00000000 02 00 00 00 ff 00 00 02 00000000"));
  EXPECT_EQ(encode_dump_request(Family::ipv6, 3),
            from_hex("1c000000 1a00 0103 03000000 00000000 0a 00 00 00 ff 00 00 02 00000000"));
}

TEST(RtnetlinkEncode, ARouteInAVrfHasATableAndAPriority) {
  Bytes out;
  append_new_route(out, {ip("10.10.10.10"), 118, 7, 100, 1}, 7);
  EXPECT_EQ(out, from_hex("34000000 1800 0506 07000000 00000000"
                          "02 20 00 00 64 76 fe 02 00000000"
                          "0800 0100 0a0a0a0a 0800 0400 07000000 0800 0600 01000000"));
  // What is no byte is an attribute.
  out.clear();
  append_delete_route(out, {ip("10.10.10.10"), 118, 7, 1000, 1}, 7);
  EXPECT_EQ(out, from_hex("3c000000 1900 0500 07000000 00000000"
                          "02 20 00 00 00 76 fe 02 00000000"
                          "0800 0100 0a0a0a0a 0800 0400 07000000 0800 0600 01000000"
                          "0800 0f00 e8030000"));
  EXPECT_EQ(encode_dump_request(Family::ipv4, 3, 1000),
            from_hex("24000000 1a00 0103 03000000 00000000 02 00 00 00 00 00 00 02 00000000"
                     "0800 0f00 e8030000"));
}

TEST(RtnetlinkEncode, VrfDevicesAreAskedForByKind) {
  EXPECT_EQ(encode_vrf_dump_request(3),
            from_hex("2c000000 1200 0103 03000000 00000000 00000000000000000000000000000000"
                     "0c00 1280 0800 0100 76726600"));
}

TEST(RtnetlinkEncode, OneLinkIsAskedForByItsIndex) {
  EXPECT_EQ(encode_link_lookup(5, 3),
            from_hex("20000000 1200 0100 03000000 00000000 00 00 0000 05000000 00000000 00000000"));
}

TEST(RtnetlinkEncode, TheNextHopMayDependOnTheSource) {
  EXPECT_EQ(encode_next_hop_lookup(ip("10.1.0.2"), ip("10.1.0.1"), 3),
            from_hex("2c000000 1a00 0100 03000000 00000000 02 20 20 00 00 00 00 00 00000000"
                     "0800 0100 0a010002 0800 0200 0a010001"));
  EXPECT_EQ(encode_next_hop_lookup(ip("2001:db8:1::2"), std::nullopt, 3),
            from_hex("30000000 1a00 0100 03000000 00000000 0a 80 00 00 00 00 00 00 00000000"
                     "1400 0100 20010db8000100000000000000000002"));
}

TEST(RtnetlinkEncode, FiltersAreAskedForByInterfaceAndParent) {
  EXPECT_EQ(encode_filter_dump_request(7, 0xfffffff2, 3),
            from_hex("24000000 2e00 0103 03000000 00000000 00 00 0000 07000000 00000000 f2ffffff"
                     "00000000"));
}

TEST(RtnetlinkDecode, RecordedFiltersOfKindBpf) {
  const auto messages = decode_sound(recorded("filters_ingress"));
  ASSERT_EQ(messages.size(), 5u);
  FilterMessage filter{.index = 3, .parent = 0xfffffff2, .priority = 7, .kind = "bpf"};
  EXPECT_EQ(messages.at(0).body, Body(filter));  // of the priority
  filter.handle = 1;                             // a classic program
  EXPECT_EQ(messages.at(1).body, Body(filter));
  filter.priority = 100;
  filter.handle = 0x76697002;
  filter.program = "vipherd_ingress:[20942]";
  filter.program_id = 20942;
  EXPECT_EQ(messages.at(3).body, Body(filter));
  EXPECT_EQ(messages.at(4).body, Body(Done{}));
}

TEST(RtnetlinkDecode, OfAFilterOfAnotherKindOnlyTheKindIsRead) {
  const auto messages = decode_sound(recorded("filters_egress"));
  ASSERT_EQ(messages.size(), 6u);
  const FilterMessage filter{
      .index = 3, .parent = 0xfffffff3, .priority = 5, .handle = 0x80000800, .kind = "u32"};
  EXPECT_EQ(messages.at(2).body, Body(filter));
}

TEST(RtnetlinkDecode, AProgramsIdOfTheWrongSizeIsMalformed) {
  const Bytes id = from_hex(
      "38000000 2c00 0000 00000000 00000000 00 00 0000 02000000 01000000 f2ffffff 00006400"
      "0800 0100 62706600 0c00 0200 0800 0b00 ce510000");
  EXPECT_EQ(std::get<FilterMessage>(decode_sound(id).at(0).body).program_id, 20942u);
  Bytes wrong = id;
  wrong.at(48) = 6;
  std::string failure;
  decode_all(wrong, &failure);
  EXPECT_EQ(failure, "a netlink message of type 44 is malformed");
}

TEST(RtnetlinkDecode, AnEthernetDeviceHasAnMtu) {
  const Bytes eth1 = from_hex(
      "34000000 1000 0000 00000000 00000000 00 00 0100 05000000 43100000 00000000"
      "0900 0300 6574683100 000000 0800 0400 dc050000");
  EXPECT_EQ(
      decode_sound(eth1).at(0).body,
      (Body{LinkMessage{.index = 5, .flags = 0x1043, .name = "eth1", .hardware = 1, .mtu = 1500}}));
}

TEST(RtnetlinkDecode, AVrfDeviceHasATable) {
  const std::string header = "00 00 0000 07000000 c1000000 00000000 0900 0300 626c756500 000000";
  const Bytes blue = from_hex("44000000 1000 0000 00000000 00000000" + header +
                              "1800 1200 0800 0100 76726600 0c00 0280 0800 0100 e8030000");
  EXPECT_EQ(decode_sound(blue).at(0).body,
            (Body{LinkMessage{
                .removed = false, .index = 7, .flags = 0xc1, .name = "blue", .vrf_table = 1000}}));
  // The same of another kind, "xrf", and one that is cut short.
  Bytes other = blue;
  other[52] = 'x';
  EXPECT_EQ(std::get<LinkMessage>(decode_sound(other).at(0).body).vrf_table, 0u);
  Bytes broken = blue;
  broken[60] = 6;
  std::string failure;
  decode_all(broken, &failure);
  EXPECT_EQ(failure, "a netlink message of type 16 is malformed");
}

TEST(RtnetlinkEncode, NewAddressIpv4HasALabelAndALeaseAndNoBroadcast) {
  Bytes out;
  append_new_address(out, {ip("10.10.10.10"), 118, 1, "lo:vh118", 5}, 7);
  EXPECT_EQ(out, from_hex("54000000 1400 0506 07000000 00000000"  // NEWADDR, CREATE|EXCL|ACK
                          "02 20 00 fe 01000000"                  // /32, scope host, lo
                          "0800 0200 0a0a0a0a 0800 0100 0a0a0a0a"
                          "0d00 0300 6c6f3a7668313138 00 000000"
                          "1400 0600 05000000 05000000 00000000 00000000"
                          "0500 0b00 76 000000"));
}

TEST(RtnetlinkEncode, NewAddressIpv6IsDeprecated) {
  Bytes out;
  append_new_address(out, {ip("2001:db8:10::10"), 118, 1, "lo:vh118", 5}, 7);
  EXPECT_EQ(out, from_hex("5c000000 1400 0506 07000000 00000000"
                          "0a 80 00 00 01000000"
                          "1400 0200 20010db8001000000000000000000010"
                          "1400 0100 20010db8001000000000000000000010"
                          "1400 0600 00000000 05000000 00000000 00000000"
                          "0500 0b00 76 000000"));
}

TEST(RtnetlinkEncode, ARenewalReplaces) {
  const LeasedAddress address{ip("10.10.10.10"), 118, 1, "lo:vh118", 5};
  Bytes created;
  Bytes renewed;
  append_new_address(created, address, 7);
  append_renewal(renewed, address, 7);
  created[6] = 0x05;
  created[7] = 0x01;  // REPLACE in place of CREATE|EXCL
  EXPECT_EQ(renewed, created);
}

TEST(RtnetlinkEncode, DeleteAddressCarriesWhatIdentifiesIt) {
  Bytes out;
  append_delete_address(out, {ip("10.10.10.10"), 118, 1, "lo:vh118", 5}, 8);
  EXPECT_EQ(out, from_hex("38000000 1500 0500 08000000 00000000"  // DELADDR, REQUEST|ACK
                          "02 20 00 fe 01000000"
                          "0800 0200 0a0a0a0a 0800 0100 0a0a0a0a"
                          "0d00 0300 6c6f3a7668313138 00 000000"));
}

TEST(RtnetlinkEncode, AddressDump) {
  EXPECT_EQ(encode_address_dump_request(Family::ipv6, 3),
            from_hex("18000000 1600 0103 03000000 00000000 0a 00 00 00 00000000"));
}

/// One of the recorded messages, whatever its sequence number.
template <class Kind>
Kind recorded_body(const std::string& name) {
  const auto messages = decode_sound(recorded(name));
  EXPECT_EQ(messages.size(), 1u);
  return std::get<Kind>(messages.at(0).body);
}

TEST(RtnetlinkDecode, RecordedIpv4Change) {
  EXPECT_EQ(recorded_body<RouteMessage>("monitor_0"),
            (RouteMessage{.destination = {ip("10.10.10.10"), 32},
                          .table = RT_TABLE_LOCAL,
                          .type = RTN_LOCAL,
                          .protocol = 118,
                          .oif = 1}));
}

TEST(RtnetlinkDecode, RecordedIpv6Changes) {
  RouteMessage route{.destination = {ip("2001:db8:10::10"), 128},
                     .table = RT_TABLE_LOCAL,
                     .type = RTN_LOCAL,
                     .protocol = 118,
                     .oif = 1,
                     .priority = 1024};
  EXPECT_EQ(recorded_body<RouteMessage>("monitor_1"), route);
  route.removed = true;
  EXPECT_EQ(recorded_body<RouteMessage>("monitor_3"), route);
}

TEST(RtnetlinkDecode, RecordedReplacement) {
  const auto route = recorded_body<RouteMessage>("monitor_2");
  EXPECT_TRUE(route.replaces);
  EXPECT_FALSE(route.removed);
  EXPECT_EQ(route.protocol, RTPROT_STATIC);
}

TEST(RtnetlinkDecode, RecordedAddresses) {
  AddressMessage address{.local = {ip("10.10.10.10"), 32},
                         .index = 1,
                         .protocol = 118,
                         .label = "lo:vh118",
                         .preferred_s = 5,
                         .valid_s = 5};
  EXPECT_EQ(recorded_body<AddressMessage>("address_new_4"), address);
  EXPECT_EQ(recorded_body<AddressMessage>("address_renewed_4"), address);
  EXPECT_TRUE(recorded_body<AddressMessage>("address_removed_4").removed);
  address = {.local = {ip("2001:db8:10::10"), 128},
             .index = 1,
             .protocol = 118,
             .preferred_s = 0,
             .valid_s = 5};
  EXPECT_EQ(recorded_body<AddressMessage>("address_new_6"), address);
  EXPECT_EQ(recorded_body<AddressMessage>("address_renewed_6"), address);
  EXPECT_TRUE(recorded_body<AddressMessage>("address_removed_6").removed);
}

TEST(RtnetlinkDecode, RecordedAddressWithAPeer) {
  const auto address = recorded_body<AddressMessage>("address_peer");
  EXPECT_EQ(address.local.address, ip("10.10.10.11"));
  EXPECT_TRUE(address.has_peer);
  EXPECT_EQ(address.valid_s, 0xffffffff);
}

TEST(RtnetlinkDecode, AnAddressOfTheWrongSizeIsMalformed) {
  Bytes bytes = recorded("address_new_4");
  bytes[16] = AF_INET6;
  std::string failure;
  decode_all(bytes, &failure);
  EXPECT_EQ(failure, "a netlink message of type 20 is malformed");
}

TEST(RtnetlinkDecode, RecordedLinks) {
  const auto added = recorded_body<LinkMessage>("monitor_4");
  const auto removed = recorded_body<LinkMessage>("monitor_6");
  EXPECT_FALSE(added.removed);
  EXPECT_TRUE(removed.removed);
  EXPECT_GT(added.index, 1u);
}

TEST(RtnetlinkDecode, RecordedDumps) {
  for (const char* name : {"dump_ipv4", "dump_ipv6"}) {
    const auto messages = decode_sound(recorded(name));
    ASSERT_GE(messages.size(), 2u);
    EXPECT_EQ(messages.back(), (Message{1, false, Done{}}));
    for (const Message& message : messages) {
      EXPECT_EQ(message.sequence, 1u);
      EXPECT_FALSE(message.dump_interrupted);
    }
    EXPECT_EQ(std::get<RouteMessage>(messages.front().body).type, RTN_LOCAL);
  }
}

TEST(RtnetlinkDecode, RecordedAcks) {
  EXPECT_THAT(decode_sound(recorded("acks")),
              ElementsAre(Message{2, false, Ack{}}, Message{3, false, Ack{EEXIST, ""}},
                          Message{4, false, Ack{ESRCH, ""}}));
}

TEST(RtnetlinkDecode, ExtendedAckWithAndWithoutTheRequest) {
  EXPECT_THAT(decode_sound(recorded("ack_extended_capped")),
              ElementsAre(Message{5, false, Ack{EINVAL, "Invalid prefix length"}}));
  EXPECT_THAT(decode_sound(recorded("ack_extended_whole")),
              ElementsAre(Message{6, false, Ack{EINVAL, "Invalid prefix length"}}));
}

TEST(RtnetlinkDecode, InterruptedDump) {
  Bytes done = from_hex("14000000 0300 1200 09000000 00000000 00000000");
  EXPECT_THAT(decode_sound(done), ElementsAre(Message{9, true, Done{}}));
  done[6] = 0x02;
  EXPECT_THAT(decode_sound(done), ElementsAre(Message{9, false, Done{}}));
}

TEST(RtnetlinkDecode, DoneMayCarryAnError) {
  EXPECT_THAT(decode_sound(from_hex("14000000 0300 0200 09000000 00000000 feffffff")),
              ElementsAre(Message{9, false, Done{ENOENT, ""}}));
  EXPECT_THAT(decode_sound(from_hex("10000000 0300 0200 09000000 00000000")),
              ElementsAre(Message{9, false, Done{}}));
}

TEST(RtnetlinkDecode, OverrunAndOthers) {
  EXPECT_THAT(decode_sound(from_hex("10000000 0400 0000 00000000 00000000"
                                    "10000000 1c00 0000 00000000 00000000")),
              ElementsAre(Message{0, false, Overrun{}}, Message{0, false, Other{RTM_NEWNEIGH}}));
}

TEST(RtnetlinkDecode, MulticastRoutesAreOthers) {
  Bytes message;
  append_new_route(message, {ip("10.10.10.10"), 118, 1}, 7);
  message[16] = RTNL_FAMILY_IPMR;
  EXPECT_THAT(decode_sound(message), ElementsAre(Message{7, false, Other{RTM_NEWROUTE}}));
}

TEST(RtnetlinkDecode, AnEmptyBufferHoldsNothing) { EXPECT_THAT(decode_sound({}), IsEmpty()); }

TEST(RtnetlinkDecode, EveryTruncationIsRefused) {
  Bytes message;
  append_new_route(message, {ip("2001:db8:10::10"), 118, 1}, 7);
  for (std::size_t length = 1; length < message.size(); ++length) {
    // Cut short, with a length that does not say so.
    std::string failure;
    EXPECT_THAT(decode_all(std::span(message).first(length), &failure), IsEmpty());
    EXPECT_EQ(failure, "a netlink message is cut short");
    // Cut short, with a length that says so: never more than was there.
    Bytes shorter(message.begin(), message.begin() + static_cast<std::ptrdiff_t>(length));
    if (length < 16) continue;
    const auto claimed = static_cast<std::uint32_t>(length);
    std::memcpy(shorter.data(), &claimed, sizeof(claimed));
    failure.clear();
    const auto decoded = decode_all(shorter, &failure);
    // Only the cuts after the whole destination leave a route: one without an interface.
    EXPECT_EQ(decoded.empty(), length < 48 || (length > 51 && length < 56)) << length;
    if (decoded.empty()) continue;
    EXPECT_EQ(std::get<RouteMessage>(decoded[0].body).oif, 0u);
  }
}

TEST(RtnetlinkDecode, WrongSizesAreRefused) {
  Bytes good;
  append_new_route(good, {ip("10.10.10.10"), 118, 1}, 7);
  const auto refused = [&](std::size_t at, std::uint8_t value) {
    Bytes bad = good;
    bad[at] = value;
    std::string failure;
    EXPECT_THAT(decode_all(bad, &failure), IsEmpty());
    return failure;
  };
  const std::string malformed = "a netlink message of type 24 is malformed";
  EXPECT_EQ(refused(17, 33), malformed);        // rtm_dst_len
  EXPECT_EQ(refused(16, AF_INET6), malformed);  // RTA_DST of 4 bytes in IPv6
  EXPECT_EQ(refused(28, 3), malformed);         // nla_len below its own header
  EXPECT_EQ(refused(28, 200), malformed);       // nla_len beyond the message
  EXPECT_EQ(refused(30, RTA_SRC), malformed);   // no RTA_DST
  EXPECT_EQ(refused(36, 6), malformed);         // RTA_OIF of 2 bytes
  EXPECT_EQ(refused(0, 15), "a netlink message is cut short");
  EXPECT_EQ(refused(3, 0x80), "a netlink message is cut short");  // above INT_MAX
}

TEST(RtnetlinkDecode, WrongAcksAreRefused) {
  const Bytes whole = recorded("ack_extended_whole");
  for (const auto& [at, value] : std::vector<std::pair<std::size_t, std::uint8_t>>{
           {20, 0xff}, {20, 4}, {64, 2}, {64, 0xff}}) {
    Bytes bad = whole;
    bad[at] = value;
    std::string failure;
    EXPECT_THAT(decode_all(bad, &failure), IsEmpty()) << at;
    EXPECT_EQ(failure, "a netlink message of type 2 is malformed");
  }
}

// ---- messages put together here, and what is wrong with them

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
  std::string failure;
  const auto messages = decode_all(message_of(type, payload, flags), &failure);
  if (messages.size() == 1) return messages[0].body;
  EXPECT_EQ(failure, "a netlink message of type " + std::to_string(type) + " is malformed");
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
  const std::vector<IpAddress> four{ip("10.0.0.1")};
  const std::vector<IpAddress> six{ip("fe80::1")};
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
            (std::vector<IpAddress>{ip("10.0.0.1"), ip("10.0.0.2")}));
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
            (Body{RouteMessage{.destination = {ip("10.0.0.1"), 32},
                               .table = 1000,
                               .type = RTN_UNICAST,
                               .protocol = RTPROT_BOOT,
                               .oif = 3,
                               .priority = 20,
                               .gateways = {ip("10.0.0.2"), ip("10.0.0.3")}}}));
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
                               .destination = {ip("::"), 0},
                               .table = RT_TABLE_MAIN,
                               .type = RTN_UNICAST,
                               .protocol = RTPROT_KERNEL,
                               .cloned = true}}));
}

TEST(RtnetlinkDecode, AttributesOfAnAddressHaveTheirSizes) {
  const Bytes header = from_hex("02 20 80 00 03000000");
  const Bytes local = attribute(IFA_LOCAL, "0a000001");
  const Bytes peer = attribute(IFA_ADDRESS, "0a000002");
  const AddressMessage expected{.local = {ip("10.0.0.1"), 32}, .index = 3};
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

TEST(RtnetlinkEncode, ALookupMayBeWithinAVrf) {
  EXPECT_EQ(encode_route_lookup(ip("10.1.0.2"), 0, 3),
            from_hex("24000000 1a00 0100 03000000 00000000 02 20 00 00 00 00 00 00 00200000"
                     "0800 0100 0a010002"));
  EXPECT_EQ(encode_route_lookup(ip("2001:db8:1::2"), 7, 3),
            from_hex("38000000 1a00 0100 03000000 00000000 0a 80 00 00 00 00 00 00 00200000"
                     "1400 0100 20010db8000100000000000000000002 0800 0400 07000000"));
}

}  // namespace
}  // namespace vipherd::wire::rtnetlink
