// The watchers that say "probe now" before the clock does. Owns which there are, and when one that
// ended is set up again; never decides anything about a service.
#pragma once

#include "core/turn.hpp"

namespace vipherd::core {

/// Makes the watches those that the configuration asks for, without VIPs that are refused.
void take_watches(Turn& turn);
void end_watches(Turn& turn);

/// A check passed or failed: the moment to set up again what has ended, or watches for a start that
/// it must have missed. A connection is there to be watched only if the check passed; systemd can
/// be asked for a unit at any time.
void renew_watches(Turn& turn, const model::CheckId& check, bool passed);

/// Probes what the watch concerns.
void on_watch(Turn& turn, const model::event::WatchFired& fired);

}  // namespace vipherd::core
