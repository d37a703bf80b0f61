#include "vipherd/wire/heartbeat.hpp"

#include <gmock/gmock.h>

#include "unit/wire/hex.hpp"

namespace vipherd::wire {
namespace {

using model::Heartbeat;
using namespace std::chrono_literals;

const std::string kNoKey;
const std::string kKey = "a key of 24 bytes, at least";

HeartbeatPath path_between(const char* from, const char* to) {
  return {IpAddress::parse(from).value(), IpAddress::parse(to).value()};
}
HeartbeatPath some_path() { return path_between("192.0.2.1", "192.0.2.2"); }

Heartbeat some_heartbeat() {
  return {Heartbeat::Kind::handing_over, {0x0102030405060708, 9}, {0x1112131415161718, 7}, 1234us};
}

std::string why_not(const std::vector<std::uint8_t>& bytes, const HeartbeatPath& path,
                    const std::string& key) {
  const auto heartbeat = decode_heartbeat(bytes, path, key);
  return heartbeat ? "" : heartbeat.error().what;
}

TEST(HeartbeatBytes, AreInNetworkOrder) {
  EXPECT_EQ(encode_heartbeat(some_heartbeat(), some_path(), kNoKey),
            test::from_hex("76687264 01 01 0000 0102030405060708 0000000000000009"
                           "1112131415161718 0000000000000007 000004d2"));
}

TEST(HeartbeatBytes, ComeBackAsTheyWere) {
  for (const std::string& key : {kNoKey, kKey}) {
    const auto bytes = encode_heartbeat(some_heartbeat(), some_path(), key);
    EXPECT_LE(bytes.size(), kHeartbeatBuffer);
    EXPECT_EQ(decode_heartbeat(bytes, some_path(), key).value(), some_heartbeat());
  }
}

TEST(HeartbeatBytes, WithAKeyEveryBitAndBothEndsAreCovered) {
  const auto bytes = encode_heartbeat(some_heartbeat(), some_path(), kKey);
  for (std::size_t index = 6; index < bytes.size(); ++index) {
    auto changed = bytes;
    changed[index] ^= 1;
    EXPECT_EQ(why_not(changed, some_path(), kKey), "its HMAC is of another key") << index;
  }
  for (const auto& other :
       {path_between("192.0.2.2", "192.0.2.1"), path_between("192.0.2.1", "192.0.2.3"),
        path_between("2001:db8::1", "2001:db8::2")}) {
    EXPECT_EQ(why_not(bytes, other, kKey), "its HMAC is of another key");
  }
  EXPECT_EQ(why_not(bytes, some_path(), kKey + "!"), "its HMAC is of another key");
  auto cut = bytes;
  cut.pop_back();
  EXPECT_EQ(why_not(cut, some_path(), kKey), "its HMAC is of another key");
}

TEST(HeartbeatBytes, NodesOfWhichOneHasNoKeyDoNotBelieveEachOther) {
  EXPECT_EQ(why_not(encode_heartbeat(some_heartbeat(), some_path(), kKey), some_path(), kNoKey),
            "it has an HMAC, and there is no key here");
  EXPECT_EQ(why_not(encode_heartbeat(some_heartbeat(), some_path(), kNoKey), some_path(), kKey),
            "it has no HMAC, and there is a key here");
}

TEST(HeartbeatBytes, WhatIsNoneIsRefused) {
  const auto bytes = encode_heartbeat(some_heartbeat(), some_path(), kNoKey);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(why_not({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)},
                      some_path(), kNoKey),
              "it is no heartbeat");
  }
  auto other = bytes;
  other[0] = 'x';
  EXPECT_EQ(why_not(other, some_path(), kNoKey), "it is no heartbeat");
  other = bytes;
  other[4] = 2;
  EXPECT_EQ(why_not(other, some_path(), kNoKey), "it is a heartbeat of version 2, expected 1");
  other = bytes;
  other[5] = 3;
  EXPECT_EQ(why_not(other, some_path(), kNoKey), "it is a heartbeat of an unknown kind");
}

TEST(RelayToken, IsOfTheKey) {
  EXPECT_EQ(relay_token(kNoKey), 0u);
  EXPECT_EQ(relay_token(kKey), relay_token(kKey));
  EXPECT_NE(relay_token(kKey), relay_token(kKey + "!"));
}

}  // namespace
}  // namespace vipherd::wire
