#include "vipherd/config/descriptors.hpp"

#include <algorithm>

#include "config/tables/checks.hpp"

namespace vipherd::config {
namespace {

constexpr std::uint64_t one_unless(bool none) { return none ? 0 : 1; }

std::uint64_t of_one_probe(const model::CheckConfig& check,
                           std::span<const model::CheckSchema> schemas) {
  const model::CheckSchema* schema = find_schema(check.type, schemas);
  const std::uint64_t each = (schema == nullptr ? model::CheckSchema{} : *schema).descriptors;
  return each * std::max<std::uint64_t>(check.vip_targets.size(), 1);
}

}  // namespace

std::uint64_t descriptors_needed(const model::Config& config,
                                 std::span<const model::CheckSchema> schemas) {
  std::uint64_t needed = kOwnDescriptors;
  for (const model::ServiceConfig& service : config.services) {
    if (!service.enabled) continue;
    needed += one_unless(service.watch.unit.empty()) + one_unless(service.watch.pid_file.empty());
    for (const model::CheckConfig& check : service.checks) {
      needed += of_one_probe(check, schemas) + one_unless(check.watch_connections.empty());
    }
  }
  return needed;
}

}  // namespace vipherd::config
