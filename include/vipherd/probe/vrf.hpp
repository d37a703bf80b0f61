// Connecting from within a VRF. Owns nothing.
#pragma once

#include <string>

namespace vipherd::probe {

/// Binds a socket to the device of a VRF before it connects; does nothing for the default one (an
/// empty name). Returns 0 or an errno: ENODEV while there is no such device. Since Linux 5.7 this
/// takes no capability for a socket that is bound to nothing yet.
int bind_to_vrf(int socket, const std::string& vrf);

}  // namespace vipherd::probe
