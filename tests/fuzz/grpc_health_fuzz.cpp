// What a gRPC server answers to a health check: its message, and its trailers.
#include <cstdint>
#include <string_view>

#include "vipherd/base/assert.hpp"
#include "vipherd/wire/grpc_health.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vipherd::wire;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto status = grpc_health::parse_response(text);
  VIPHERD_ASSERT(status.has_value() ? !grpc_health::serving_status_name(*status).empty()
                                    : !status.error().what.empty());
  VIPHERD_ASSERT(grpc_health::decode_message(text).size() <= size);
  if (const auto code = grpc_health::parse_status(text)) {
    VIPHERD_ASSERT(!grpc_health::status_name(*code).empty());
  }
  return 0;
}
