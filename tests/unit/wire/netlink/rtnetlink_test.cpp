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

#include "unit/wire/hex.hpp"

namespace vipherd::wire::rtnetlink {
namespace {

using test::from_hex;  // messages of the kernel are in host order: these of a little-endian host
using ::testing::ElementsAre;
using ::testing::IsEmpty;

IpAddress ip(const std::string& text) { return IpAddress::parse(text).value(); }

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

TEST(RtnetlinkEncode, ALookupMayBeWithinAVrf) {
  EXPECT_EQ(encode_route_lookup(ip("10.1.0.2"), 0, 3),
            from_hex("24000000 1a00 0100 03000000 00000000 02 20 00 00 00 00 00 00 00200000"
                     "0800 0100 0a010002"));
  EXPECT_EQ(encode_route_lookup(ip("2001:db8:1::2"), 7, 3),
            from_hex("38000000 1a00 0100 03000000 00000000 0a 80 00 00 00 00 00 00 00200000"
                     "1400 0100 20010db8000100000000000000000002 0800 0400 07000000"));
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

}  // namespace
}  // namespace vipherd::wire::rtnetlink
