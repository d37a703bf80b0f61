// What the control socket answers, as JSON and back.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "vipherd/base/result.hpp"

namespace vipherd::wire {

/// What a command reached: {"services": [...], "vips": [...]}.
struct Reached {
  std::vector<std::string> services;
  std::vector<std::string> vips;
};
std::string encode_reached(const Reached& reached);
Result<Reached> decode_reached(std::string_view json);
/// The sentence of {"error": "..."}; empty if the text is something else.
std::string decode_error(std::string_view json);

}  // namespace vipherd::wire
