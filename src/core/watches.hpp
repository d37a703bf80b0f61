// The watchers that say "probe now" before the clock does. Owns which there are, and when one that
// ended is set up again; never decides anything about a service.
#pragma once

#include "vipherd/core/state.hpp"
#include "vipherd/model/action.hpp"

namespace vipherd::core {

/// Makes the watches those that the configuration asks for; none while stopping.
void take_watches(State& state, const model::Config* config, TimePoint now, model::Actions& out);

/// A check passed or failed: the moment to set up what is not watching. A connection or a process
/// is there to be watched only if the check passed, a unit always is.
void renew_watches(State& state, const model::CheckId& check, bool passed, TimePoint now,
                   model::Actions& out);

/// Probes what the watch concerns.
void took_watch(State& state, const model::event::WatchFired& fired, TimePoint now,
                model::Actions& out);

}  // namespace vipherd::core
