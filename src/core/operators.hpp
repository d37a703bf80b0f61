// What operators have asked for: how a word changes it. Pure bookkeeping; what follows from it is
// decided elsewhere (core/wishes.hpp).
#pragma once

#include "vipherd/model/event.hpp"
#include "vipherd/model/operator_state.hpp"

namespace vipherd::core {

/// For drain, resume and set_weight.
void took_word(model::OperatorState& operators, const model::event::OperatorCommand& word);

}  // namespace vipherd::core
