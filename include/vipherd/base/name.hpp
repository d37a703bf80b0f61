// What things may be called: one rule for the configuration, the command line and the API. A name
// is written into paths, commands, log lines and tables as it is.
#pragma once

#include <string_view>

namespace vipherd {

/// Nodes, services and checks: 1 to 64 letters, digits, '.', '_' and '-'; not "." or "..", which
/// mean something else in a path.
bool is_name(std::string_view text);
/// What is_name() accepts, to follow "expected ".
inline constexpr std::string_view kNameRule = "a name of 1 to 64 letters, digits, '.', '_' and '-'";

/// VRFs, which are called like their device: what the kernel takes for an interface's name
/// (dev_valid_name()), without what needs quoting or control characters.
bool is_device_name(std::string_view text);

}  // namespace vipherd
