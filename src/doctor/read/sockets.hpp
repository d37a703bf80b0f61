// /proc/net/tcp, tcp6, udp and udp6 (Documentation/networking/proc_net_tcp.rst). Pure and bounded.
#pragma once

#include <string_view>
#include <vector>

#include "vipherd/doctor/facts.hpp"

namespace vipherd::doctor {

/// Appends what waits for connections, or for datagrams of anybody. Lines of another form are
/// skipped.
void append_listeners(std::vector<Listener>& out, std::string_view text, bool udp);

}  // namespace vipherd::doctor
