// What libbpf would print to stderr: kept, for the message of the error that follows it.
#pragma once

#include <string>

namespace vipherd::relay {

/// From now on libbpf prints nothing, and last_words() begins anew.
void quiet_libbpf();
/// The last line that libbpf would have printed, or nothing.
std::string last_words();

}  // namespace vipherd::relay
