// A service's health from its checks' results and `needs`. Pure, stateless.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/state.hpp"
#include "vipherd/model/config.hpp"

namespace vipherd::core {

struct ChecksResult {
  CheckHealth health = CheckHealth::undecided;
  std::string reason;
};

/// `checks` in the order of the configuration, each with its name. Undecided as long as the
/// missing results could turn the health either way.
ChecksResult evaluate_service(const model::Needs& needs,
                              const std::vector<std::pair<std::string, const CheckState*>>& checks);

/// How much of the checks' weight is up, in per cent. Nothing without a health of the checks.
std::optional<std::uint32_t> health_of(const State& state, const ServiceState& service);

}  // namespace vipherd::core
