// Any text is either a configuration or a list of errors with places in it, and never both.
#include <cstdint>
#include <string_view>
#include <vector>

#include "vipherd/base/assert.hpp"
#include "vipherd/config/load.hpp"

namespace {

using namespace vipherd;

const std::vector<model::CheckSchema>& schemas() {
  using enum model::SettingType;
  static const std::vector<model::CheckSchema> kSchemas{
      {"tcp",
       "",
       {{"port", integer, true, ""}, {"names", texts, false, ""}, {"codes", integers, false, ""}},
       [](const model::Settings&) { return model::Preparation{}; }}};
  return kSchemas;
}

void check(const config::Loaded& loaded) {
  VIPHERD_ASSERT(loaded.config.has_value() == loaded.errors.empty());
  for (const config::ConfigError& error : loaded.errors) {
    VIPHERD_ASSERT(error.line >= 1 && error.column >= 1 && !error.message.empty());
    VIPHERD_ASSERT(error.message.find('\n') == std::string::npos);
  }
  if (!loaded.config) return;
  VIPHERD_ASSERT(!loaded.config->vips.pool.empty() && !loaded.config->services.empty());
  for (const model::ServiceConfig& service : loaded.config->services) {
    VIPHERD_ASSERT(!service.vips.empty() && !service.checks.empty());
    VIPHERD_ASSERT(service.needs.count <= service.checks.size());
  }
}

/// The clean-up acts on it: whatever stands in the files, only a number that may be ours.
void check(const config::Salvaged& salvaged) {
  VIPHERD_ASSERT(!salvaged.route_protocol || !salvaged.uncertain);
  if (!salvaged.route_protocol) return;
  VIPHERD_ASSERT(config::route_protocol_obstacle(*salvaged.route_protocol).empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  // Once as one file, once cut in two, so that merging is tried too.
  const std::vector<config::Source> whole{{"main", text}};
  check(config::parse(whole, schemas(), "host"));
  const std::vector<config::Source> halves{{"main", text.substr(0, size / 2)},
                                           {"more", text.substr(size / 2)}};
  check(config::parse(halves, schemas(), "host"));
  check(config::salvage(whole));
  check(config::salvage(halves));
  return 0;
}
