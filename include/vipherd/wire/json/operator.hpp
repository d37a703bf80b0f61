// What operators have asked for, as the JSON of the state file and back.
#pragma once

#include <string>
#include <string_view>

#include "vipherd/base/result.hpp"
#include "vipherd/model/operator_state.hpp"

namespace vipherd::wire {

std::string encode_operators(const model::OperatorState& operators);
/// Any error in what is in force makes the whole of it an error: half of what an operator said is
/// not what was said. An explanation that cannot be read is none, and its end is none: what is
/// drained stays so until it is undone.
Result<model::OperatorState> decode_operators(std::string_view json);

}  // namespace vipherd::wire
