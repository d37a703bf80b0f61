// One check: when to probe, and what its results mean. Owns rise, fall and the streaks.
#pragma once

#include "vipherd/core/state.hpp"
#include "vipherd/model/action.hpp"

namespace vipherd::core {

/// Gives a new check its place in the interval.
void place_check(State& state, CheckState& check, TimePoint now);

/// What earlier probes found says nothing any more: the first result from now on decides. The
/// probe for it starts within `splay`.
void probe_afresh(State& state, const model::CheckId& id, CheckState& check, Duration splay,
                  TimePoint now, model::Actions& out);

/// Starts a probe. If one is in flight that does not count as a look at the world of now, another
/// one follows it.
void probe_now(State& state, const model::CheckId& id, CheckState& check, TimePoint now,
               model::Actions& out);

/// The same because a watcher saw something. The next probes follow sooner than usual.
void probe_alarmed(State& state, const model::CheckId& id, CheckState& check, TimePoint now,
                   model::Actions& out);

/// Takes the result of the probe in flight. Returns whether it changed what the service is to be
/// judged by.
bool take_result(State& state, const model::CheckId& id, CheckState& check,
                 const model::event::ProbeFinished& finished, TimePoint now, model::Actions& out);

/// The check's alarm went off: the next probe is due, or the one in flight never reported.
/// Returns as take_result does.
bool on_check_alarm(State& state, const model::CheckId& id, CheckState& check, TimePoint now,
                    model::Actions& out);

}  // namespace vipherd::core
