// Who asks over the control socket, in words.
#pragma once

#include <string>

#include "vipherd/api/request.hpp"

namespace vipherd::agent {

/// "alice"; "root for alice" if alice logged in and became root; "user 1042" without a name; empty:
/// not over the control socket.
std::string requester_of(const api::Request& request);

}  // namespace vipherd::agent
