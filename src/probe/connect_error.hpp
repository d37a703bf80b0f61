// The words for a connection that could not be made.
#pragma once

#include <string>
#include <string_view>

namespace vipherd::probe {

/// Why connect() to `target` failed with this errno.
std::string describe_connect_error(std::string_view target, int error);

}  // namespace vipherd::probe
