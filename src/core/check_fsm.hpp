// One check: when to probe, and what its results mean. Owns rise, fall and the streaks.
#pragma once

#include "core/turn.hpp"

namespace vipherd::core {

/// Gives a new check its place in the interval.
void place_check(State& state, CheckState& check, TimePoint now);

/// What earlier probes found says nothing any more: the first result from now on decides. The
/// probe for it starts within `splay`.
void probe_afresh(Turn& turn, const model::CheckId& id, CheckState& check, Duration splay);

/// Starts a probe. If one is in flight that does not count as a look at the world of now, another
/// one follows it.
void probe_now(Turn& turn, const model::CheckId& id, CheckState& check);

/// The same because a watcher saw something. The next probes follow sooner than usual.
void probe_alarmed(Turn& turn, const model::CheckId& id, CheckState& check);

/// Takes the result of the probe in flight. Returns whether it changed what the service is to be
/// judged by.
bool take_result(Turn& turn, const model::CheckId& id, CheckState& check,
                 const model::event::ProbeFinished& finished);

/// The check's alarm went off: the next probe is due, or the one in flight never reported.
/// Returns as take_result does.
bool on_check_alarm(Turn& turn, const model::CheckId& id, CheckState& check);

}  // namespace vipherd::core
