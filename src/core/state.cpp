#include "core/state.hpp"

namespace vipherd::core {

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::undecided:
      return "undecided";
    case Verdict::up:
      return "up";
    case Verdict::down:
      return "down";
  }
  return "";
}

std::string_view to_string(RouteStep step) {
  switch (step) {
    case RouteStep::withdrawn:
      return "withdrawn";
    case RouteStep::sent:
      return "sent";
    case RouteStep::announced:
      return "announced";
    case RouteStep::losing:
      return "losing";
    case RouteStep::failed:
      return "failed";
    case RouteStep::withdrawing:
      return "withdrawing";
  }
  return "";
}

std::string_view to_string(DrainStep step) {
  switch (step) {
    case DrainStep::none:
      return "none";
    case DrainStep::holding:
      return "least preferred";
    case DrainStep::leaving:
      return "leaving";
    case DrainStep::drained:
      return "drained";
  }
  return "";
}

std::string_view to_string(ReachStep step) {
  switch (step) {
    case ReachStep::unknown:
      return "unknown";
    case ReachStep::reached:
      return "reached";
    case ReachStep::partly:
      return "partly";
    case ReachStep::unreached:
      return "unreached";
    case ReachStep::lingering:
      return "lingering";
  }
  return "";
}

std::string_view to_string(Phase phase) {
  switch (phase) {
    case Phase::starting:
      return "starting";
    case Phase::running:
      return "running";
    case Phase::stopping:
      return "stopping";
    case Phase::finished:
      return "finished";
  }
  return "";
}

}  // namespace vipherd::core
