// The VTY sockets of one daemon. Each instance of a daemon that was started with `-n NUMBER` has
// one of its own beside the usual place: ospfd-1.vty beside ospfd.vty.
#pragma once

#include <string>
#include <vector>

namespace vipherd::frr {

/// The sockets of numbered instances beside `path` ("/run/frr/ospfd.vty"), by their numbers. What
/// cannot be read has none.
std::vector<std::string> instance_sockets(const std::string& path);

}  // namespace vipherd::frr
