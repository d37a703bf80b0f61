// What operators have taken out of service for a limited time: when that ends, and that it does.
#pragma once

#include <optional>
#include <vector>

#include "core/turn.hpp"
#include "vipherd/model/scope.hpp"

namespace vipherd::core {

/// The ends of all that has one, by the monotonic clock. `wall` is the other one's time now: it may
/// have been set since the last time, so this is done with every heartbeat.
void plan_expiries(State& state, WallTime wall, TimePoint now);
std::optional<TimePoint> next_expiry(const State& state);
/// Forgets what has ended, and returns it: it is for the caller to do what follows.
std::vector<Expiry> take_expired(State& state, TimePoint now);

}  // namespace vipherd::core
