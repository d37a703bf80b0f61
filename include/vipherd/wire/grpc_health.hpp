// grpc.health.v1.Health/Check: its two messages in protobuf's encoding, each in the frame that
// gRPC gives a message over HTTP/2. Pure and bounded; trusts no byte it is given.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "vipherd/base/result.hpp"

namespace vipherd::wire::grpc_health {

inline constexpr std::string_view kPath = "/grpc.health.v1.Health/Check";

/// HealthCheckResponse.ServingStatus of health.proto.
inline constexpr std::uint64_t kUnknown = 0;
inline constexpr std::uint64_t kServing = 1;
inline constexpr std::uint64_t kNotServing = 2;
inline constexpr std::uint64_t kServiceUnknown = 3;
/// "NOT_SERVING", or "status 7".
std::string serving_status_name(std::uint64_t status);

/// A frame with a HealthCheckRequest for this service; "" stands for the server as a whole.
std::string encode_request(std::string_view service);

/// The ServingStatus of a body that is one frame with one HealthCheckResponse. Fields that
/// health.proto does not know are skipped, as protobuf wants it.
Result<std::uint64_t> parse_response(std::string_view body);

/// A `grpc-status` of gRPC's list: "UNIMPLEMENTED" for 12, "status 99" for what is not in it.
std::string status_name(std::uint32_t status);
inline constexpr std::uint32_t kOk = 0;
inline constexpr std::uint32_t kNotFound = 5;
inline constexpr std::uint32_t kUnimplemented = 12;
/// The value of a `grpc-status` trailer.
std::optional<std::uint32_t> parse_status(std::string_view text);
/// A `grpc-message` with its percent-encoding undone; what is no encoding stays as it is.
std::string decode_message(std::string_view text);

}  // namespace vipherd::wire::grpc_health
