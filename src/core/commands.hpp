// The commands of operators: whether one is carried out, what it concerns, and what follows.
#pragma once

#include <optional>

#include "core/turn.hpp"
#include "vipherd/core/core.hpp"
#include "vipherd/model/command.hpp"

namespace vipherd::core {

void on_command(Turn& turn, const model::event::OperatorCommand& event);

/// What was to last for a limited time only is undone.
void end_expired(Turn& turn);

/// Why on_command() must not be called with it; nullopt: it may.
std::optional<Refusal> refusal_of_command(const State& state, const model::Command& command,
                                          TimePoint now);

Concerned concerned_by(const State& state, const model::Scope& scope);

}  // namespace vipherd::core
