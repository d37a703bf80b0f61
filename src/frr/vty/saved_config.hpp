// Whether FRR's configuration files hold lines that vipherd wrote, because an operator saved the
// running configuration: FRR would announce those VIPs from its start on, before any check has
// passed. Reads local files, bounded; an unreadable one says nothing.
#pragma once

#include <string>

namespace vipherd::frr::vty {

/// A sentence for the operator, or nothing.
std::string warn_of_saved_lines(const std::string& directory = "/etc/frr");

}  // namespace vipherd::frr::vty
