// What operators have asked for and is to outlive the agent: how a command changes it. Pure
// bookkeeping; what follows from it is decided elsewhere (core/vip/desired.hpp).
#pragma once

#include "vipherd/model/command.hpp"
#include "vipherd/model/operator_state.hpp"

namespace vipherd::core {

void record(model::OperatorState& operators, const model::command::Disable& disable,
            const model::Instruction& instruction);
void record(model::OperatorState& operators, const model::command::Enable& enable);
void record(model::OperatorState& operators, const model::command::Drain& drain,
            const model::Instruction& instruction);
void record(model::OperatorState& operators, const model::command::Resume& resume);
void record(model::OperatorState& operators, const model::command::Weight& weight);

}  // namespace vipherd::core
