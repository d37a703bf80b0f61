#include "vipherd/model/config.hpp"

namespace vipherd::model {

std::string_view to_string(Announcer announcer) {
  switch (announcer) {
    case Announcer::zapi:
      return "zapi";
    case Announcer::vty:
      return "vty";
    case Announcer::connected:
      return "connected";
  }
  return "";
}

std::string_view to_string(RouteType type) {
  switch (type) {
    case RouteType::openfabric:
      return "openfabric";
    case RouteType::babel:
      return "babel";
  }
  return "";
}

std::string_view to_string(AttachPolicy policy) {
  switch (policy) {
    case AttachPolicy::when_up:
      return "when-up";
    case AttachPolicy::always:
      return "always";
  }
  return "";
}

}  // namespace vipherd::model
