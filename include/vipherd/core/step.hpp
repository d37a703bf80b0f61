// The whole of the agent's judgement: step(state, event, now) -> actions. Pure: no I/O,
// no clock, cannot fail. The order in which actions are returned is the order in which
// they must be carried out. What holds after every step:
//   1. attach is confirmed before announce; withdraw is confirmed before detach;
//   2. a VIP is announced only while its service is up;
//   3. nothing outside the configured pool is ever attached or announced;
//   4. what vipherd did not create it never removes;
//   5. after faults stop, the node converges in bounded time.
#pragma once

#include "vipherd/base/duration.hpp"
#include "vipherd/core/state.hpp"
#include "vipherd/model/action.hpp"
#include "vipherd/model/event.hpp"

namespace vipherd::core {

/// `now` must not run backwards.
model::Actions step(State& state, const model::Event& event, TimePoint now);

}  // namespace vipherd::core
