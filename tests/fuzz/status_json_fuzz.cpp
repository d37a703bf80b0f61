// Any text is a status or an error; a status that was read is written and read as the same, and is
// evaluated: whatever is not healthy says why.
#include <cstdint>
#include <string_view>

#include "vipherd/base/assert.hpp"
#include "vipherd/wire/json/status.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vipherd;
  const std::string text(data, data + size);
  const auto status = wire::decode_status(text);
  if (!status) return 0;
  const std::string written = wire::encode_status(*status);
  const auto again = wire::decode_status(written);
  VIPHERD_ASSERT(again.has_value());
  VIPHERD_ASSERT(wire::encode_status(*again) == written);
  const model::HealthReport report = model::report_health(*status);
  VIPHERD_ASSERT(report.node.state == model::HealthState::healthy || !report.node.problems.empty());
  for (const auto& [service, health] : report.services) {
    VIPHERD_ASSERT(health.state == model::HealthState::healthy || !health.problems.empty());
  }
  return 0;
}
