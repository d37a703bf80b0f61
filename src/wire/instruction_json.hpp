// What operators have said along with their commands, as JSON: in the status and in the state file.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "vipherd/model/status.hpp"

namespace vipherd::wire {

/// {"command": "drain", "scope": …, "by": …, "reason": …, "since": TIME, "until": TIME or null}
nlohmann::json encode_instruction(const model::InstructionStatus& instruction);
/// Throws if it is anything else.
model::InstructionStatus decode_instruction(const nlohmann::json& value);

}  // namespace vipherd::wire
