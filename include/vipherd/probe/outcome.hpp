// What a probe has found. Owns nothing.
#pragma once

#include <string>

#include "vipherd/model/event.hpp"

namespace vipherd::probe {

/// How a probe ended, if not at its deadline; the Prober measures the latency.
struct Outcome {
  bool pass = false;
  std::string reason;  ///< a sentence for an operator
  model::Failure failure = model::Failure::failed;
  std::string warning{};  ///< of a pass: what will become a failure
};

/// The outcome of a probe that could not even be tried: "the check could not run: CAUSE".
Outcome could_not_run(const std::string& cause);

}  // namespace vipherd::probe
