#include "vipherd/model/event.hpp"

namespace vipherd::model {

std::string_view to_string(WatchKind kind) {
  switch (kind) {
    case WatchKind::connection:
      return "connection";
    case WatchKind::unit:
      return "unit";
    case WatchKind::pid_file:
      return "pid_file";
  }
  return "";
}

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

std::string_view to_string(RouteNote note) {
  switch (note) {
    case RouteNote::fail_install:
      return "FAIL_INSTALL";
    case RouteNote::better_admin_won:
      return "BETTER_ADMIN_WON";
    case RouteNote::installed:
      return "INSTALLED";
    case RouteNote::removed:
      return "REMOVED";
    case RouteNote::remove_fail:
      return "REMOVE_FAIL";
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
    case RibState::losing:
      return "losing";
  }
  return "";
}

}  // namespace vipherd::model
