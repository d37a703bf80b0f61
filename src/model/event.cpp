#include "vipherd/model/event.hpp"

namespace vipherd::model {

std::string_view to_string(KernelRoute route) {
  switch (route) {
    case KernelRoute::absent:
      return "absent";
    case KernelRoute::ours:
      return "ours";
    case KernelRoute::foreign:
      return "foreign";
  }
  return "";
}

std::string_view to_string(RouteOutcome outcome) {
  switch (outcome) {
    case RouteOutcome::installed:
      return "installed";
    case RouteOutcome::removed:
      return "removed";
    case RouteOutcome::not_selected:
      return "not selected";
    case RouteOutcome::install_failed:
      return "install failed";
    case RouteOutcome::remove_failed:
      return "remove failed";
  }
  return "";
}

std::string_view to_string(RibState state) {
  switch (state) {
    case RibState::unknown:
      return "unknown";
    case RibState::absent:
      return "absent";
    case RibState::selected:
      return "selected";
    case RibState::not_selected:
      return "losing";
  }
  return "";
}

}  // namespace vipherd::model
