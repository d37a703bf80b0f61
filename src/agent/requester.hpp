// Who asks over the control socket, in words. Reads /etc/passwd, never the name services of the C
// library: they may wait for a server.
#pragma once

#include <string>
#include <string_view>

#include "vipherd/api/request.hpp"

namespace vipherd::agent {

/// "alice"; "root for alice" if alice logged in and became root; "user 1042" without a name; empty:
/// not over the control socket.
std::string requester_of(const api::Request& request);

/// The same of what is known: `users` as in /etc/passwd.
std::string name_of(std::uint32_t user, std::string_view login, std::string_view users);

}  // namespace vipherd::agent
