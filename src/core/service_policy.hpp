// A service's verdict from its checks' verdicts and `needs`. Pure, stateless.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "vipherd/core/state.hpp"
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

}  // namespace vipherd::core
