#include "vipherd/wire/zapi/zapi.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "unit/wire/hex.hpp"

namespace vipherd::wire::zapi {
namespace {

using model::RouteOutcome;
using model::RouteType;
using test::from_hex;
using test::to_hex;
using testing::HasSubstr;

Dialect dialect_of(std::string_view version) {
  const auto row = find_dialect(version);
  if (row) return *row;
  ADD_FAILURE() << "no row " << version;
  return {};
}
Dialect frr8() { return dialect_of("8.4"); }
Dialect frr10() { return dialect_of("10.3"); }
IpAddress address(std::string_view text) { return *IpAddress::parse(text); }

// Messages that real daemons have accepted, byte by byte.

TEST(ZapiEncode, RouteAddForFrr84) {
  Bytes out;
  encode_route_add(out, frr8(), RouteType::openfabric, address("203.0.113.10"),
                   {.tag = 777, .metric = 100});
  EXPECT_EQ(to_hex(out), to_hex(from_hex("002e fe 06 00000000 0008 | 1a 0000 00000000 0000000f 01 |"
                                         "02 20 cb00710a | 0001 [00000000 06 00 01] |"
                                         "01 00000064 00000309")));
}

TEST(ZapiEncode, RouteAddForFrr103) {
  Bytes out;
  encode_route_add(out, frr10(), RouteType::openfabric, address("203.0.113.10"),
                   {.tag = 777, .metric = 100});
  EXPECT_EQ(to_hex(out), to_hex(from_hex("002e fe 06 00000000 0009 | 1b 0000 00000000 0000000f 01 |"
                                         "02 20 cb00710a | 0001 [00000000 06 00 01] |"
                                         "01 00000064 00000309")));
}

TEST(ZapiEncode, Ipv6RouteAddForFrr103) {
  Bytes out;
  encode_route_add(out, frr10(), RouteType::openfabric, address("2001:db8::10"),
                   {.tag = 777, .metric = 100});
  EXPECT_EQ(to_hex(out),
            "003afe060000000000091b0000000000000000000f010a8020010db80000000000000000000000100001"
            "00000000060001010000006400000309");
}

TEST(ZapiEncode, RouteDelete) {
  Bytes out;
  encode_route_delete(out, frr8(), RouteType::openfabric, address("203.0.113.10"));
  EXPECT_EQ(to_hex(out), "001cfe060000000000091a00000000000000000000010220cb00710a");
  out.clear();
  encode_route_delete(out, frr10(), RouteType::openfabric, address("203.0.113.10"));
  EXPECT_EQ(to_hex(out), "001cfe0600000000000a1b00000000000000000000010220cb00710a");
}

TEST(ZapiEncode, HelloAsksForNotificationsInEveryWayTheDialectHas) {
  Bytes out;
  encode_hello(out, frr8(), RouteType::openfabric);
  EXPECT_EQ(to_hex(out),
            "0013fe060000000000121a0000000000000100"
            "000bfe0600000000007c01");
  out.clear();
  encode_hello(out, frr10(), RouteType::openfabric);
  EXPECT_EQ(to_hex(out),
            "0012fe060000000000131b00000000000000"
            "000bfe0600000000007e01");
  out.clear();
  encode_hello(out, dialect_of("7.5"), RouteType::openfabric);
  EXPECT_EQ(to_hex(out), "0013fe060000000000121a0000000000000100") << "7.5 has no such request";
}

// The whole of what a session sends, for each row: numbers as in the enumerations of FRR's
// lib/zclient.h, and nothing else differs.
struct Sent {
  const char* version;
  const char* hello;
  const char* add;
  const char* remove;
  const char* capabilities;
};
class ZapiEncodeFor : public testing::TestWithParam<Sent> {};

TEST_P(ZapiEncodeFor, EachFrr) {
  const Sent& sent = GetParam();
  const Dialect dialect = dialect_of(sent.version);
  Bytes hello;
  encode_hello(hello, dialect, RouteType::openfabric);
  EXPECT_EQ(to_hex(hello), to_hex(from_hex(sent.hello)));
  Bytes add;
  encode_route_add(add, dialect, RouteType::openfabric, address("203.0.113.10"),
                   {.tag = 777, .metric = 100});
  EXPECT_EQ(to_hex(add), to_hex(from_hex(std::string("002efe0600000000") + sent.add +
                                         "0000 00000000 0000000f 01 02 20 cb00710a "
                                         "0001 00000000 06 00 01 01 00000064 00000309")));
  Bytes remove;
  encode_route_delete(remove, dialect, RouteType::openfabric, address("203.0.113.10"));
  EXPECT_EQ(to_hex(remove), to_hex(from_hex(std::string("001cfe0600000000") + sent.remove +
                                            "0000 00000000 00000000 01 02 20 cb00710a")));
  Bytes end;
  encode_restart_complete(end, dialect);
  encode_restart_disable(end, dialect);
  const std::string head = std::string("fe0600000000") + sent.capabilities;
  EXPECT_EQ(to_hex(end),
            to_hex(from_hex("001a" + head + "00000002 00000001 00000001 00000000" +  //
                            "001a" + head + "00000002 00000002 00000001 00000000" + "0012" + head +
                            "00000004 00000000")));
}

constexpr const char* kOldHello = "0013fe06000000000012 1a 0000 00000000 01 00";
constexpr const char* kNewHello = "0012fe06000000000013 1b 0000 00000000 00";
std::string hello_and_request(const char* hello, const char* request) {
  return std::string(hello) + "000bfe0600000000" + request + "01";
}
const std::string kHello80 = hello_and_request(kOldHello, "007b");
const std::string kHello81 = hello_and_request(kOldHello, "007f");
const std::string kHello82 = hello_and_request(kOldHello, "007c");
const std::string kHello100 = hello_and_request(kNewHello, "007c");
const std::string kHello102 = hello_and_request(kNewHello, "007e");

INSTANTIATE_TEST_SUITE_P(
    Frr, ZapiEncodeFor,
    testing::Values(Sent{"7.5", kOldHello, "0008 1a", "0009 1a", "0071"},
                    Sent{"8.0", kHello80.c_str(), "0008 1a", "0009 1a", "0076"},
                    Sent{"8.1", kHello81.c_str(), "0008 1a", "0009 1a", "007a"},
                    Sent{"8.2", kHello82.c_str(), "0008 1a", "0009 1a", "0077"},
                    Sent{"9.0", kHello82.c_str(), "0008 1a", "0009 1a", "0077"},
                    Sent{"9.1", kHello80.c_str(), "0008 1a", "0009 1a", "0076"},
                    Sent{"10.1", kHello100.c_str(), "0009 1b", "000a 1b", "0077"},
                    Sent{"10.2", kHello102.c_str(), "0009 1b", "000a 1b", "0079"},
                    Sent{"10.7", kHello102.c_str(), "0009 1b", "000a 1b", "0079"}));

TEST(ZapiEncode, BabelHasNumbersOfItsOwn) {
  Bytes out;
  encode_hello(out, frr8(), RouteType::babel);
  EXPECT_EQ(out[kHeaderSize], 22);
  out.clear();
  encode_route_add(out, frr10(), RouteType::babel, address("203.0.113.10"), {});
  EXPECT_EQ(out[kHeaderSize], 23);
}

TEST(ZapiEncode, ProbeEndsWithTheMessageForAnUnknownVrf) {
  Bytes out;
  encode_probe(out);
  EXPECT_EQ(to_hex(out),
            "000cfe060000000000110001"
            "000afe0600000000fff0"
            "000afe06fffffff0fff0");
}

TEST(ZapiEncode, AppendsToWhatIsThere) {
  Bytes out{1, 2, 3};
  encode_route_delete(out, frr8(), RouteType::openfabric, address("203.0.113.10"));
  EXPECT_EQ(to_hex(out), "010203001cfe060000000000091a00000000000000000000010220cb00710a");
}

// ---- framing

TEST(ZapiFraming, WaitsForTheWholeMessage) {
  const Bytes whole = from_hex("000efe06000000000076 02000000");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const auto message = next_message(ByteView(whole).first(length));
    ASSERT_TRUE(message) << length;
    EXPECT_FALSE(*message) << length;
  }
  const auto message = next_message(whole);
  ASSERT_TRUE(message && *message);
  EXPECT_EQ((*message)->command, 118);
  EXPECT_EQ((*message)->vrf, 0u);
  EXPECT_EQ(to_hex((*message)->body), "02000000");
  EXPECT_EQ((*message)->size(), whole.size());
}

TEST(ZapiFraming, LeavesWhatFollows) {
  const auto message = next_message(from_hex("000afe06fffffff0fff0 000c"));
  ASSERT_TRUE(message && *message);
  EXPECT_EQ((*message)->vrf, 0xfffffff0u);
  EXPECT_EQ((*message)->command, 0xfff0);
  EXPECT_EQ((*message)->size(), 10u);
}

TEST(ZapiFraming, RefusesAnotherProtocol) {
  for (const char* corrupt : {"000aff06000000000000",     // marker
                              "000afe05000000000000",     // version
                              "0009fe06000000000000",     // shorter than a header
                              "0000fe06000000000000",     // nothing
                              "4001fe06000000000000"}) {  // longer than zebra ever sends
    const auto message = next_message(from_hex(corrupt));
    ASSERT_FALSE(message) << corrupt;
    EXPECT_THAT(message.error().what, HasSubstr("corrupt ZAPI header"));
  }
}

TEST(ZapiFraming, TakesTheLongestMessage) {
  Bytes longest = from_hex("4000fe06000000000021");
  longest.resize(kMaxMessageSize);
  const auto message = next_message(longest);
  ASSERT_TRUE(message && *message);
  EXPECT_EQ((*message)->size(), kMaxMessageSize);
}

// ---- ROUTE_NOTIFY_OWNER

RouteNotification notification(std::string_view prefix, RouteOutcome note) {
  return {*IpPrefix::parse(prefix), note, 254};
}

TEST(ZapiNotification, OfFrr75HasNoAfi) {
  const auto decoded = decode_route_notification(from_hex("02000000 02 20 0a0a0a0a 000000fe"));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, notification("10.10.10.10/32", RouteOutcome::installed));
}

TEST(ZapiNotification, OfFrr84) {  // as zebra 8.4.4 sent them
  auto decoded = decode_route_notification(from_hex("03000000 02 20 0a0a0a0a 000000fe 01 01"));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, notification("10.10.10.10/32", RouteOutcome::removed));
  decoded = decode_route_notification(
      from_hex("02000000 0a 80 20010db8000000000000000000000010 000000fe 02 01"));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, notification("2001:db8::10/128", RouteOutcome::installed));
}

TEST(ZapiNotification, OfFrr103HasASourcePrefix) {
  auto decoded =
      decode_route_notification(from_hex("01000000 02 20 0a0a0a0a 00 00000000 000000fe 01 01"));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, notification("10.10.10.10/32", RouteOutcome::not_selected));
  decoded =
      decode_route_notification(from_hex("00000000 0a 80 20010db8000000000000000000000010 "
                                         "00 00000000000000000000000000000000 000000fe 02 01"));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, notification("2001:db8::10/128", RouteOutcome::install_failed));
}

TEST(ZapiNotification, KnowsEveryNote) {
  Bytes body = from_hex("04000000 02 20 0a0a0a0a 000000fe 01 01");
  EXPECT_EQ(decode_route_notification(body)->outcome, RouteOutcome::remove_failed);
  body[0] = 5;
  EXPECT_FALSE(decode_route_notification(body));
}

TEST(ZapiNotification, RefusesOtherSizesFamiliesAndLengths) {
  const Bytes good = from_hex("02000000 02 20 0a0a0a0a 000000fe 01 01");
  for (std::size_t length = 0; length < good.size(); ++length) {
    if (length == good.size() - 2) continue;  // the layout of 7.5
    EXPECT_FALSE(decode_route_notification(ByteView(good).first(length))) << length;
  }
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_FALSE(decode_route_notification(longer));
  Bytes family = good;
  family[4] = 3;
  EXPECT_FALSE(decode_route_notification(family));
  Bytes length = good;
  length[5] = 33;
  EXPECT_FALSE(decode_route_notification(length));
}

TEST(ZapiError, IsInHostOrder) {
  EXPECT_EQ(*decode_error(from_hex("02000000")), 2u);
  EXPECT_FALSE(decode_error(from_hex("020000")));
  EXPECT_FALSE(decode_error(from_hex("0200000000")));
}

TEST(ZapiError, IsAProbeReplyByItsShape) {
  const Bytes error = from_hex("000efe06fffffff00076 01000000");
  EXPECT_EQ(decode_probe_reply(**next_message(error)), (ProbeReply{0xfffffff0, 118, 1}));
  const Bytes other = from_hex("000bfe06000000000076 01");
  EXPECT_EQ(decode_probe_reply(**next_message(other)), std::nullopt);
}

// ---- VRFs: messages that zebra 8.4.4 has taken and sent

TEST(ZapiVrf, IsInTheHeaderAndInTheNextHop) {
  Bytes out;
  encode_route_add(out, frr8(), RouteType::openfabric, address("203.0.113.10"),
                   {.tag = 777, .metric = 100}, 7);
  encode_route_delete(out, frr8(), RouteType::openfabric, address("203.0.113.10"), 7);
  EXPECT_EQ(to_hex(out), to_hex(from_hex("002e fe 06 00000007 0008 | 1a 0000 00000000 0000000f 01 |"
                                         "02 20 cb00710a | 0001 [00000007 06 00 01] |"
                                         "01 00000064 00000309"
                                         "001c fe 06 00000007 0009 | 1a 0000 00000000 00000000 01 |"
                                         "02 20 cb00710a")));
}

TEST(ZapiVrf, OfARestartIsInTheBody) {
  Bytes out;
  encode_restart_arm(out, frr8(), std::chrono::seconds(60), 7);
  encode_restart_disable(out, frr8(), 7);
  EXPECT_EQ(to_hex(out),
            "0016fe06000000000077000000010000003c00000007"
            "0012fe060000000000770000000400000007");
}

TEST(ZapiVrf, HasANameInBothLayouts) {
  for (const std::size_t namespace_bytes : {16u, 36u}) {
    Bytes body(4 + namespace_bytes);
    body.insert(body.end(), {'b', 'l', 'u', 'e'});
    body.resize(4 + namespace_bytes + 36);
    ASSERT_TRUE(decode_vrf_name(body)) << namespace_bytes;
    EXPECT_EQ(*decode_vrf_name(body), "blue");
  }
}

TEST(ZapiVrf, OfAnotherFormIsRefused) {
  EXPECT_FALSE(decode_vrf_name({}));
  EXPECT_FALSE(decode_vrf_name(Bytes(75)));
  EXPECT_FALSE(decode_vrf_name(Bytes(76))) << "no name";
  Bytes unended(76, 'x');
  EXPECT_FALSE(decode_vrf_name(unended));
}

TEST(ZapiVrf, IsToldByTheseNumbers) {
  for (const auto& [version, add] : std::map<std::string, int>{{"7.5", 36},
                                                               {"8.0", 36},
                                                               {"8.1", 36},
                                                               {"8.4", 33},
                                                               {"9.1", 33},
                                                               {"10.1", 34},
                                                               {"10.3", 33},
                                                               {"10.7", 33}}) {
    EXPECT_EQ(dialect_of(version).vrf_add, add) << version;
    EXPECT_EQ(dialect_of(version).vrf_delete, add + 1) << version;
  }
}

}  // namespace
}  // namespace vipherd::wire::zapi
