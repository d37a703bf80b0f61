// Taking a VIP out so that no request is lost: announced as least preferred for a while, then
// withdrawn, then kept local until its connections have ended. Owns VipState's drain; asks for
// routes only through VipState::wants_route().
#pragma once

#include <string>

#include "core/turn.hpp"

namespace vipherd::core {

/// Begins or ends a drain as the operators want it. Returns whether it did.
bool want_drain(State& state, const std::string& service, const IpAddress& address, VipState& vip,
                TimePoint now);

/// Takes the next step of a drain if it is due.
void drive_drain(Turn& turn, const IpAddress& address, VipState& vip);

void cancel_drain(VipState& vip);

/// Connections keep it local.
bool waits_for_connections(const VipState& vip);

/// When drive_drain() must look again; nullopt: only events matter.
std::optional<TimePoint> next_drain_look(const VipState& vip);

void on_connections(VipState& vip, const model::event::ConnectionsCounted& counted);

}  // namespace vipherd::core
