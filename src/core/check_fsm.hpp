// One check: when to probe, and what its results mean. Owns rise, fall and the streaks.
#pragma once

#include <optional>

#include "vipherd/core/state.hpp"
#include "vipherd/model/action.hpp"

namespace vipherd::core {

/// Starts a probe unless one is in flight.
void start_probe(State& state, const model::CheckId& id, CheckState& check, TimePoint now,
                 model::Actions& out);

/// Takes a result. Returns whether it was a current one, and changed what the service is to be
/// judged by.
bool take_result(State& state, const model::CheckId& id, CheckState& check,
                 const model::event::ProbeFinished& finished, TimePoint now, model::Actions& out);

/// The check's alarm went off: the next probe is due, or the one in flight never reported.
/// Returns as take_result does.
bool on_check_alarm(State& state, const model::CheckId& id, CheckState& check, TimePoint now,
                    model::Actions& out);

}  // namespace vipherd::core
