// What operators have asked for, as the JSON of the state file and back.
#pragma once

#include <string>
#include <string_view>

#include "vipherd/base/result.hpp"
#include "vipherd/model/operator_state.hpp"

namespace vipherd::wire {

std::string encode_operators(const model::OperatorState& operators);
/// Any fault makes the whole of it an error: half of what an operator said is not what was said.
Result<model::OperatorState> decode_operators(std::string_view json);

}  // namespace vipherd::wire
