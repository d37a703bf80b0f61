// What became of probes that were asked for. Pure.
#pragma once

#include <span>
#include <string>

#include "vipherd/model/status.hpp"

namespace vipherd::cli {

struct ProbeResults {
  bool complete = true;  ///< every check of the services has a result of a probe begun since then
  bool passed = true;    ///< and each of these passed
  std::string table;     ///< one line a check
};

/// `services` as the agent named them; `since` is when it was asked.
ProbeResults probe_results(const model::Status& status, std::span<const std::string> services,
                           WallTime since);

}  // namespace vipherd::cli
