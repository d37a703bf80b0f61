#include "vipherd/probe/connect_error.hpp"

#include <cerrno>
#include <system_error>

#include "probe/local_address.hpp"
#include "vipherd/base/socket_address.hpp"

namespace vipherd::probe {
namespace {

bool says_nothing_listens(const std::string& target, int error, const std::string& vrf) {
  if (target.starts_with('/')) return error == ECONNREFUSED || error == ENOENT;
  if (error != ECONNREFUSED) return false;
  const auto address = SocketAddress::parse(target);
  return address && is_local_address(address->address, vrf);
}

}  // namespace

Outcome connect_failure(const std::string& target, int error, const std::string& vrf) {
  if (error == ENODEV && !vrf.empty()) return {false, "there is no VRF device " + vrf};
  const std::string cause = std::generic_category().message(error);
  // Not the service's error, and not to be read as if it were.
  if (error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM ||
      error == EADDRNOTAVAIL) {
    return could_not_run(cause);
  }
  Outcome outcome;
  outcome.reason = error == ECONNREFUSED ? "connect to " + target + " refused"
                                         : "cannot connect to " + target + ": " + cause;
  if (says_nothing_listens(target, error, vrf)) outcome.failure = model::Failure::refused;
  return outcome;
}

}  // namespace vipherd::probe
