// The agent's status as JSON and back: what /v1/status and /health say. Durations are numbers
// of milliseconds in keys that end in _ms, times are RFC 3339. Any bytes may stand in a
// reason: what is not UTF-8 is replaced, never refused.
#pragma once

#include <string>
#include <string_view>

#include "vipherd/base/result.hpp"
#include "vipherd/model/health.hpp"
#include "vipherd/model/scope.hpp"
#include "vipherd/model/status.hpp"

namespace vipherd::wire {

std::string encode_status(const model::Status& status);
/// What /health says of the node, and /health/SERVICE of one service.
std::string encode_health(std::string_view node, const model::ServiceScope& scope,
                          const model::Health& health);
/// {"error": "..."}
std::string encode_error(std::string_view message);

/// Keys that are missing keep their defaults and unknown ones are passed over, so that the
/// command and the agent may differ in version. A key of the wrong type is an error.
Result<model::Status> decode_status(std::string_view json);

}  // namespace vipherd::wire
