#include "vipherd/wire/grpc_health.hpp"

#include <array>

#include "vipherd/base/numbers.hpp"

namespace vipherd::wire::grpc_health {
namespace {

// A message's frame: one byte says whether it is compressed, four its length (gRPC over HTTP2).
constexpr std::size_t kFrameHeader = 5;

// Wire types of protobuf's encoding; 3 and 4, groups, are no longer in use.
enum WireType : std::uint8_t { kVarint = 0, kFixed64 = 1, kLengthDelimited = 2, kFixed32 = 5 };
constexpr std::uint64_t kServiceField = 1;
constexpr std::uint64_t kStatusField = 1;

constexpr std::array<std::string_view, 4> kServingStatuses{"UNKNOWN", "SERVING", "NOT_SERVING",
                                                           "SERVICE_UNKNOWN"};
constexpr std::array<std::string_view, 17> kStatuses{
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};

void append_varint(std::string& out, std::uint64_t number) {
  while (number >= 0x80) {
    out += static_cast<char>((number & 0x7f) | 0x80);
    number >>= 7;
  }
  out += static_cast<char>(number);
}

/// Cuts a varint off `bytes`: at most ten bytes of seven bits each.
std::optional<std::uint64_t> eat_varint(std::string_view& bytes) {
  std::uint64_t number = 0;
  for (std::size_t index = 0; index < 10 && index < bytes.size(); ++index) {
    const auto byte = static_cast<std::uint8_t>(bytes[index]);
    number |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * index);
    if ((byte & 0x80) != 0) continue;
    bytes.remove_prefix(index + 1);
    return number;
  }
  return std::nullopt;
}

/// Cuts the value of a field that was not asked for off `bytes`; false if it is not there.
bool skip(std::string_view& bytes, std::uint64_t wire_type) {
  std::optional<std::uint64_t> size;
  if (wire_type == kVarint) return eat_varint(bytes).has_value();
  if (wire_type == kFixed64) size = 8;
  if (wire_type == kFixed32) size = 4;
  if (wire_type == kLengthDelimited) size = eat_varint(bytes);
  if (!size || *size > bytes.size()) return false;
  bytes.remove_prefix(static_cast<std::size_t>(*size));
  return true;
}

Result<std::uint64_t> parse_message(std::string_view message) {
  const Error malformed = fail("a message that is no protobuf");
  std::uint64_t status = kUnknown;  // what protobuf does not send because it is the default
  while (!message.empty()) {
    const auto key = eat_varint(message);
    if (!key || *key >> 3 == 0) return malformed;
    if (*key == (kStatusField << 3 | kVarint)) {
      const auto value = eat_varint(message);
      if (!value) return malformed;
      status = *value;
    } else if (!skip(message, *key & 7)) {
      return malformed;
    }
  }
  return status;
}

}  // namespace

std::string serving_status_name(std::uint64_t status) {
  if (status < kServingStatuses.size()) return std::string(kServingStatuses[status]);
  return "status " + std::to_string(status);
}

std::string encode_request(std::string_view service) {
  std::string message;
  if (!service.empty()) {
    append_varint(message, kServiceField << 3 | kLengthDelimited);
    append_varint(message, service.size());
    message += service;
  }
  std::string frame(1, '\0');
  for (const unsigned shift : {24u, 16u, 8u, 0u}) {
    frame += static_cast<char>(message.size() >> shift & 0xff);
  }
  return frame + message;
}

Result<std::uint64_t> parse_response(std::string_view body) {
  if (body.empty()) return fail("no message");
  if (body.size() < kFrameHeader) return fail("a message that is cut off");
  if (body[0] != 0) return fail("a compressed message, which was not asked for");
  std::uint32_t length = 0;
  for (std::size_t index = 1; index < kFrameHeader; ++index) {
    length = length << 8 | static_cast<std::uint8_t>(body[index]);
  }
  body.remove_prefix(kFrameHeader);
  if (length > body.size()) return fail("a message that is cut off");
  if (length < body.size()) return fail("more than one message");
  return parse_message(body);
}

std::string status_name(std::uint32_t status) {
  if (status < kStatuses.size()) return std::string(kStatuses[status]);
  return "status " + std::to_string(status);
}

std::optional<std::uint32_t> parse_status(std::string_view text) {
  return parse_number<std::uint32_t>(text);
}

std::string decode_message(std::string_view text) {
  std::string decoded;
  while (!text.empty()) {
    const auto byte = text.front() == '%' && text.size() >= 3
                          ? parse_number<std::uint8_t>(text.substr(1, 2), 16)
                          : std::nullopt;
    if (byte) {
      decoded += static_cast<char>(*byte);
      text.remove_prefix(3);
      continue;
    }
    decoded += text.front();
    text.remove_prefix(1);
  }
  return decoded;
}

}  // namespace vipherd::wire::grpc_health
