// What became of probes that were asked for. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "vipherd/model/status.hpp"

namespace vipherd::cli {

struct ProbeResult {
  std::string service;
  std::string check;  ///< empty: no check of the service runs
  bool advisory = false;
  std::optional<model::CheckStatus::Last> last;  ///< none: not yet
};

struct ProbeResults {
  bool complete = true;  ///< every check of the services has a result of a probe begun since then
  bool passed = true;    ///< and each of these passed
  std::vector<ProbeResult> results;
};

/// `services` as the agent named them; `since` is when it was asked.
ProbeResults probe_results(const model::Status& status, std::span<const std::string> services,
                           WallTime since);
/// One line a check.
std::string render(const ProbeResults& results);

}  // namespace vipherd::cli
