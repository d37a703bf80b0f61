// The watchers that say "probe now" before the clock does. Owns which there are, and when one that
// ended is set up again; never decides anything about a service.
#pragma once

#include "vipherd/core/state.hpp"
#include "vipherd/model/action.hpp"

namespace vipherd::core {

/// Makes the watches those that the configuration asks for; none while stopping.
void take_watches(State& state, const model::Config* config, TimePoint now, model::Actions& out);

/// A check passed or failed: the moment to set up again what has ended, or watches for a start that
/// it must have missed. A connection is there to be watched only if the check passed; systemd can
/// be asked for a unit at any time.
void renew_watches(State& state, const model::CheckId& check, bool passed, TimePoint now,
                   model::Actions& out);

/// Probes what the watch concerns.
void took_watch(State& state, const model::event::WatchFired& fired, TimePoint now,
                model::Actions& out);

}  // namespace vipherd::core
