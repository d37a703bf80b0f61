// Whether what is announced reaches anybody: when to ask the protocols' daemons, what their answers
// mean, when it is an alarm and what is tried. Owns VipState's reach; never withdraws anything.
#pragma once

#include <optional>

#include "vipherd/core/state.hpp"
#include "vipherd/model/action.hpp"

namespace vipherd::core {

/// Asks the daemons about the VIP if it is time to.
void drive_reach(State& state, const IpAddress& address, VipState& vip, TimePoint now,
                 model::Actions& out);

/// When drive_reach() must look again; nullopt: only events matter.
std::optional<TimePoint> next_reach_look(const State& state, const VipState& vip);

void took_observation(State& state, const IpAddress& address, VipState& vip,
                      const model::event::Observed& observed, TimePoint now, model::Actions& out);

void took_route_lookup(State& state, const IpAddress& address, VipState& vip,
                       const model::event::SelectedRoute& route, TimePoint now,
                       model::Actions& out);

}  // namespace vipherd::core
