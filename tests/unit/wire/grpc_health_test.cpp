#include "vipherd/wire/grpc_health.hpp"

#include <gmock/gmock.h>

#include "unit/wire/hex.hpp"

namespace vipherd::wire::grpc_health {
namespace {

std::string bytes(std::string_view hex) {
  const auto bytes = test::from_hex(hex);
  return {bytes.begin(), bytes.end()};
}

std::string error(std::string_view hex) {
  const auto status = parse_response(bytes(hex));
  return status ? "status " + std::to_string(*status) : status.error().what;
}

TEST(GrpcHealth, Requests) {
  EXPECT_EQ(encode_request(""), bytes("00 00000000"));
  EXPECT_EQ(encode_request("web"), bytes("00 00000005 0a 03 776562"));
  const std::string name(300, 'x');
  EXPECT_EQ(encode_request(name), bytes("00 0000012f 0a ac02") + name);
}

TEST(GrpcHealth, Responses) {
  EXPECT_EQ(parse_response(bytes("00 00000002 08 01")).value(), kServing);
  EXPECT_EQ(parse_response(bytes("00 00000002 08 02")).value(), kNotServing);
  // The default of protobuf is not sent.
  EXPECT_EQ(parse_response(bytes("00 00000000")).value(), kUnknown);
  // The last one counts.
  EXPECT_EQ(parse_response(bytes("00 00000004 08 01 08 02")).value(), kNotServing);
  EXPECT_EQ(parse_response(bytes("00 0000000b 08 ffffffffffffffffff01")).value(), ~0ull);
}

TEST(GrpcHealth, UnknownFieldsAreSkipped) {
  // Field 2 as a varint, 3 of 8 bytes, 4 with a length, 5 of 4 bytes, then the status.
  EXPECT_EQ(parse_response(bytes("00 00000017 10 ff01 19 0011223344556677 22 02 0801 2d 00112233"
                                 "08 01"))
                .value(),
            kServing);
  // Field 1, but text: not the status.
  EXPECT_EQ(parse_response(bytes("00 00000003 0a 01 31")).value(), kUnknown);
}

TEST(GrpcHealth, ErrorsAreSaid) {
  EXPECT_EQ(error(""), "no message");
  EXPECT_EQ(error("00 0000"), "a message that is cut off");
  EXPECT_EQ(error("00 00000003 08 01"), "a message that is cut off");
  EXPECT_EQ(error("00 ffffffff 08 01"), "a message that is cut off");
  EXPECT_EQ(error("00 00000001 08 01"), "more than one message");
  EXPECT_EQ(error("01 00000002 08 01"), "a compressed message, which was not asked for");
  for (const char* message : {
           "00 00000001 08",                        // no value
           "00 00000001 80",                        // a key without an end
           "00 00000002 00 01",                     // field 0
           "00 00000002 0b 0c",                     // a group
           "00 00000003 12 05 31",                  // longer than the message
           "00 00000003 19 00 11",                  // 8 bytes that are not there
           "00 0000000c 08 ffffffffffffffffffff01"  // a varint of eleven bytes
       }) {
    EXPECT_EQ(error(message), "a message that is no protobuf") << message;
  }
}

TEST(GrpcHealth, Names) {
  EXPECT_EQ(serving_status_name(kServiceUnknown), "SERVICE_UNKNOWN");
  EXPECT_EQ(serving_status_name(7), "status 7");
  EXPECT_EQ(status_name(kUnimplemented), "UNIMPLEMENTED");
  EXPECT_EQ(status_name(16), "UNAUTHENTICATED");
  EXPECT_EQ(status_name(17), "status 17");
  EXPECT_EQ(parse_status("12"), 12u);
  for (const char* bad : {"", "-1", "1x", "99999999999"})
    EXPECT_EQ(parse_status(bad), std::nullopt);
}

TEST(GrpcHealth, MessagesArePercentEncoded) {
  EXPECT_EQ(decode_message("not%20found: %C3%A4"), "not found: \xc3\xa4");
  EXPECT_EQ(decode_message("100%"), "100%");
  EXPECT_EQ(decode_message("%2"), "%2");
  EXPECT_EQ(decode_message("%zz%1g"), "%zz%1g");
}

}  // namespace
}  // namespace vipherd::wire::grpc_health
