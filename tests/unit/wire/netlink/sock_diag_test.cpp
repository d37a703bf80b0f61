// The request byte for byte; answers as Linux 6 gives them, and every way to cut them short.
#include "vipherd/wire/netlink/sock_diag.hpp"

#include <gmock/gmock.h>

#include <cerrno>
#include <string>

#include "unit/wire/hex.hpp"

namespace vipherd::wire::sock_diag {
namespace {

using test::from_hex;

IpAddress ip(const std::string& text) { return IpAddress::parse(text).value(); }

/// Messages of the kernel are in host order: these are of a little-endian host.
const std::string kAnswer =
    "58000000140002000700000000000000"  // nlmsghdr: 88 bytes, type 20, MULTI, sequence 7
    "02010000"                          // inet_diag_msg: IPv4, ESTABLISHED
    "0050c001"                          // ports 80 and 49153
    "0a0a0a0a000000000000000000000000"  // 10.10.10.10
    "0a4d0001000000000000000000000000"  // 10.77.0.1
    "00000000"
    "0000000000000000"  // interface, cookie
    "00000000000000000000000000000000"
    "01000000";  // expires, queues, uid, inode

TEST(SockDiag, AsksForTheSocketsOfOneAddress) {
  EXPECT_EQ(encode_request(Family::ipv4, ip("10.10.10.10"), 7),
            from_hex("5c000000140001030700000000000000"
                     "02060000"
                     "120b0000"  // IPv4, TCP, states 1, 4, 8, 9, 11
                     "00000000"
                     "00000000000000000000000000000000"
                     "00000000000000000000000000000000"
                     "00000000"
                     "0000000000000000"
                     "1400"
                     "0100"  // INET_DIAG_REQ_BYTECODE
                     "07"
                     "10"
                     "1400"  // S_COND, on to the end, or beyond it
                     "02"
                     "20"
                     "0000"
                     "ffffffff"
                     "0a0a0a0a"));
}

TEST(SockDiag, AsksForMappedAddressesToo) {
  const Bytes request = encode_request(Family::ipv6, ip("10.10.10.10"), 7);
  EXPECT_EQ(request[16], 10);  // the family of the sockets
  EXPECT_EQ(request[80], 2);   // that of the address
}

TEST(SockDiag, ReadsASocket) {
  const Bytes bytes = from_hex(kAnswer);
  std::span<const std::uint8_t> rest(bytes);
  const auto message = decode_next(rest);
  ASSERT_TRUE(message && *message);
  EXPECT_EQ(**message, (Message{7, Socket{1, ip("10.10.10.10"), ip("10.77.0.1"), 80, 49153}}));
  EXPECT_TRUE(rest.empty());
  EXPECT_FALSE(decode_next(rest).value().has_value());
}

TEST(SockDiag, ReadsTheEnd) {
  const Bytes done = from_hex(
      "14000000030002000700000000000000"
      "00000000");
  std::span<const std::uint8_t> rest(done);
  EXPECT_EQ(decode_next(rest).value(), (Message{7, End{}}));
  const Bytes refused = from_hex(
      "24000000020000000700000000000000"
      "feffffff"
      "5c000000140001030700000000000000");
  rest = refused;
  EXPECT_EQ(decode_next(rest).value(), (Message{7, End{ENOENT}}));
}

TEST(SockDiag, RefusesWhatIsCutShort) {
  const Bytes whole = from_hex(kAnswer);
  for (std::size_t length = 1; length < whole.size(); ++length) {
    Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    std::span<const std::uint8_t> rest(cut);
    EXPECT_FALSE(decode_next(rest)) << length;
    if (length < 16) continue;
    cut[0] = static_cast<std::uint8_t>(length);
    rest = cut;
    EXPECT_FALSE(decode_next(rest)) << length;
  }
}

}  // namespace
}  // namespace vipherd::wire::sock_diag
