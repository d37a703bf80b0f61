#include "probe/connect_error.hpp"

#include <cerrno>
#include <system_error>

namespace vipherd::probe {

std::string describe_connect_error(std::string_view target, int error) {
  const std::string name(target);
  if (error == ECONNREFUSED) return "connect to " + name + " refused";
  const std::string cause = std::generic_category().message(error);
  // Not the service's fault, and not to be read as if it were.
  if (error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM) {
    return "the check could not run: " + cause;
  }
  return "cannot connect to " + name + ": " + cause;
}

}  // namespace vipherd::probe
