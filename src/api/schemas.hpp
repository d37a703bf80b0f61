// What the API's answers look like, as JSON schemas.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace vipherd::api {

/// By their names in the description: Status, Event, Reached, …
nlohmann::ordered_json schemas();

}  // namespace vipherd::api
