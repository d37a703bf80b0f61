// How far a drain or a return has come, from the agent's status. Pure.
#pragma once

#include <string>
#include <vector>

#include "vipherd/model/status.hpp"

namespace vipherd::cli {

struct Progress {
  bool done = false;
  std::string text;  ///< one line
};

/// Done: every one of the VIPs is drained.
Progress drain_progress(const model::Status& status, const std::vector<std::string>& vips);
/// Done: every one of the VIPs is withdrawn, which FRR has confirmed.
Progress withdraw_progress(const model::Status& status, const std::vector<std::string>& vips);
/// Done: every one of the VIPs that is to be announced is.
Progress return_progress(const model::Status& status, const std::vector<std::string>& vips);

}  // namespace vipherd::cli
