#include "core/service_policy.hpp"

#include "vipherd/base/assert.hpp"
#include "vipherd/base/join.hpp"

namespace vipherd::core {
namespace {

std::size_t needed(const model::Needs& needs, std::size_t checks) {
  switch (needs.mode) {
    case model::Needs::Mode::all:
      return checks;
    case model::Needs::Mode::any:
      return 1;
    case model::Needs::Mode::count:
      return needs.count;
  }
  return checks;
}

}  // namespace

ChecksResult evaluate_service(
    const model::Needs& needs,
    const std::vector<std::pair<std::string, const CheckState*>>& checks) {
  VIPHERD_ASSERT(!checks.empty());
  std::size_t up = 0;
  std::vector<std::string> down;
  std::vector<std::string> waiting;
  for (const auto& [name, check] : checks) {
    // A check whose definition was changed by a reload has no say before its first result.
    if (check->fresh) {
      waiting.push_back(name);
    } else if (check->health == CheckHealth::up) {
      ++up;
    } else {
      down.push_back("check " + name + ": " + check->cause.reason);
    }
  }
  const std::size_t threshold = needed(needs, checks.size());
  const std::string count = std::to_string(up) + " of " + std::to_string(checks.size()) +
                            " checks up, " + std::to_string(threshold) + " needed";
  if (up >= threshold) return {CheckHealth::up, count};
  if (up + waiting.size() < threshold) return {CheckHealth::down, join(down, "; ")};
  return {CheckHealth::undecided, "waiting for the first result of " + join(waiting, "; ")};
}

std::optional<std::uint32_t> health_of(const State& state, const ServiceState& service) {
  if (!state.enables(service) || service.of_checks == CheckHealth::undecided) return std::nullopt;
  std::uint64_t all = 0;
  std::uint64_t up = 0;
  for (const model::CheckConfig& check : service.config->checks) {
    const auto found = state.checks.find({service.config->name, check.name});
    all += check.weight;
    if (found != state.checks.end() && found->second.health == CheckHealth::up) up += check.weight;
  }
  // Nothing is weighed: there is nothing to prefer one node for.
  if (all == 0) return 100;
  return static_cast<std::uint32_t>(up * 100 / all);
}

}  // namespace vipherd::core
