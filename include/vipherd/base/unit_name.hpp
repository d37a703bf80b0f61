// What systemd takes for the name of a unit (systemd.unit(5)).
#pragma once

#include <string_view>

namespace vipherd {

/// With its suffix: "nginx.service".
bool is_unit_name(std::string_view text);

}  // namespace vipherd
