// Whether what is announced reaches anybody: when to ask the protocols' daemons, what their answers
// mean, when it is an alarm and what is tried. Owns VipState's reach; never withdraws anything.
#pragma once

#include <optional>

#include "core/turn.hpp"

namespace vipherd::core {

/// Asks the daemons about the VIP if it is time to.
void drive_reach(Turn& turn, const IpAddress& address, VipState& vip);

/// When drive_reach() must look again; nullopt: only events matter.
std::optional<TimePoint> next_reach_look(const State& state, const VipState& vip);

void on_observation(Turn& turn, const IpAddress& address, VipState& vip,
                    const model::event::Observed& observed);

void on_route_lookup(Turn& turn, const IpAddress& address, VipState& vip,
                     const model::event::SelectedRoute& route);

}  // namespace vipherd::core
