// One blocking GET, for commands that ask the running agent. Bounded in time and size.
#pragma once

#include <string>

#include "vipherd/base/result.hpp"

namespace vipherd::cli {

/// The body of a 200 answer; anything else is an error that says what happened.
Result<std::string> http_get(const std::string& url);

}  // namespace vipherd::cli
