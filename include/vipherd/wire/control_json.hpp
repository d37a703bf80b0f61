// What the control socket answers, as JSON and back.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vipherd/base/result.hpp"

namespace vipherd::wire {

/// {"services": [...]}: those that a command reached.
std::string encode_reached(std::span<const std::string> services);
Result<std::vector<std::string>> decode_reached(std::string_view json);
/// The sentence of {"error": "..."}; empty if the text is something else.
std::string decode_error(std::string_view json);

}  // namespace vipherd::wire
