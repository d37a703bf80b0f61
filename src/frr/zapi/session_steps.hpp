// What the parts of the machine of the session with zebra share. Pure.
#pragma once

#include <optional>
#include <string>

#include "frr/zapi/session_machine.hpp"

namespace vipherd::frr::zapi {

// session_routes.cpp: what zebra is told of VIPs, in which VRF, and what stays after the session.
/// zebra's number of the VIP's VRF; none while zebra does not know that VRF.
std::optional<std::uint32_t> find_vrf(const SessionState& state, const IpAddress& vip);
/// What zebra's RIB holds of a VIP whose VRF zebra does not know.
model::event::RouteInspected without_vrf(const SessionState& state, const IpAddress& vip);
bool is_about_vrf(const SessionState& state, const wire::zapi::Message& message);
SessionEffects on_vrf(SessionState& state, const wire::zapi::Message& message);
SessionEffects announce(SessionState& state, const input::Announce& announcement);
SessionEffects withdraw(SessionState& state, const input::Withdraw& withdrawal);
/// Sends what is queued.
SessionEffects flush(SessionState& state);
/// Asks zebra to keep what the predecessor left until it was told again.
void append_restart(const SessionState& state, wire::zapi::Bytes& out);
SessionEffects complete(SessionState& state);
SessionEffects end_all_with_the_session(SessionState& state);
SessionEffects hand_over(SessionState& state);

// session_questions.cpp: what zebra's RIB is asked, and when.
SessionEffects inspect(SessionState& state, const IpAddress& vip, const std::string& vrf);
SessionEffects on_barrier(SessionState& state);
/// In a session: zebra has not come to a barrier in time, or the session has settled.
SessionEffects on_session_deadline(SessionState& state);

}  // namespace vipherd::frr::zapi
