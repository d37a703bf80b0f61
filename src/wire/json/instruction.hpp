// What operators have said along with their commands, as JSON: in the status and in the state file.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "vipherd/model/status.hpp"

namespace vipherd::wire {

/// {"command": "drain", "scope": …, "by": …, "reason": …, "since": TIME, "until": TIME or null}
nlohmann::json encode_instruction(const model::InstructionStatus& instruction);
/// All that can be read of a list. It explains what is in force and told elsewhere, so what another
/// agent wrote in another way is left out.
std::vector<model::InstructionStatus> decode_instructions(const nlohmann::json& list);

}  // namespace vipherd::wire
