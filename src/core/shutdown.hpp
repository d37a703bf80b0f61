// The end of the agent: everything is withdrawn, confirmed and detached, under a deadline; or
// everything stays for the next agent (a hand-over). Owns the phases stopping and finished.
#pragma once

#include <optional>

#include "core/turn.hpp"

namespace vipherd::core {

bool is_stopping(const State& state);

void on_shutdown(Turn& turn, const model::event::ShutdownRequested& event);

/// After every event: finishes if nothing is left to be done, or if there is no more time.
void conclude_shutdown(Turn& turn);
/// When conclude_shutdown() must look again although nothing happened; nullopt while not stopping.
std::optional<TimePoint> next_shutdown_step(const State& state);

}  // namespace vipherd::core
