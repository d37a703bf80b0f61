// What a connection that could not be made says: the words, and how much they say.
#pragma once

#include <string>

#include "vipherd/probe/outcome.hpp"

namespace vipherd::probe {

/// connect() to `target` from within this VRF failed with this errno. `target` is "ADDRESS:PORT",
/// "NAME:PORT", or the path of a UNIX socket.
Outcome connect_failure(const std::string& target, int error, const std::string& vrf);

}  // namespace vipherd::probe
