// A service's verdict from its checks' verdicts and `needs`. Pure, stateless.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/state.hpp"
#include "vipherd/model/config.hpp"

namespace vipherd::core {

struct Opinion {
  Verdict verdict = Verdict::undecided;
  std::string why;
};

/// `checks` in the order of the configuration, each with its name. Undecided as long as the
/// missing results could turn the verdict either way.
Opinion judge_service(const model::Needs& needs,
                      const std::vector<std::pair<std::string, const CheckState*>>& checks);

/// How much of the checks' weight is up, in per cent. Nothing without a verdict of the checks.
std::optional<std::uint32_t> health_of(const State& state, const ServiceState& service);

}  // namespace vipherd::core
