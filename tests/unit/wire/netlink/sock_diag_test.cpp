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

TEST(SockDiag, ReadsASocketOfIpv6) {
  Bytes bytes = from_hex(kAnswer);
  bytes[16] = 10;
  for (const std::size_t end : {std::size_t{24}, std::size_t{40}}) {
    const Bytes mapped = from_hex("00000000000000000000ffff0a4d0001");
    std::copy(mapped.begin(), mapped.end(), bytes.begin() + static_cast<std::ptrdiff_t>(end));
  }
  std::span<const std::uint8_t> rest(bytes);
  EXPECT_EQ(decode_next(rest).value(),
            (Message{7, Socket{1, ip("::ffff:10.77.0.1"), ip("::ffff:10.77.0.1"), 80, 49153}}));
}

TEST(SockDiag, OtherFamiliesAndTypesAreOthers) {
  Bytes bytes = from_hex(kAnswer);
  for (const int family : {0, 1, 16}) {
    bytes[16] = static_cast<std::uint8_t>(family);
    std::span<const std::uint8_t> rest(bytes);
    EXPECT_EQ(decode_next(rest).value(), (Message{7, Other{20}})) << family;
    EXPECT_TRUE(rest.empty());
  }
  bytes = from_hex(kAnswer);
  bytes[4] = 21;  // SOCK_DESTROY
  std::span<const std::uint8_t> rest(bytes);
  EXPECT_EQ(decode_next(rest).value(), (Message{7, Other{21}}));
}

TEST(SockDiag, TheEndMayBeEmptyButAnErrorHasANumber) {
  const auto read = [](const char* hex) {
    const Bytes bytes = from_hex(hex);
    std::span<const std::uint8_t> rest(bytes);
    return decode_next(rest);
  };
  EXPECT_EQ(read("10000000030002000700000000000000").value(), (Message{7, End{}}));
  EXPECT_EQ(read("14000000030002000700000000000000f2ffffff").value(), (Message{7, End{EFAULT}}));
  EXPECT_EQ(read("1200000003000200070000000000000000000000").error().what,
            "a sock_diag message of type 3 is malformed");
  EXPECT_EQ(read("10000000020000000700000000000000").error().what,
            "a sock_diag message of type 2 is malformed");
  EXPECT_EQ(read("100000001400020007000000000000").error().what,
            "a sock_diag message is cut short");
}

}  // namespace
}  // namespace vipherd::wire::sock_diag
