// The session with what speaks the routing protocols for the agent (zebra; with the announcer vty
// the protocols' daemons; with connected none): its start, its end, what it says of routes, and the
// moment when it was told everything. Owns State::zebra.
#pragma once

#include <optional>

#include "core/turn.hpp"

namespace vipherd::core {

void on_speaker_up(Turn& turn, const model::event::SpeakerUp& event);
void on_speaker_down(Turn& turn, const model::event::SpeakerDown& event);
void on_speaker_unreachable(Turn& turn, const model::event::SpeakerUnreachable& event);
/// What is of another session is ignored.
void on_route_status(Turn& turn, const model::event::RouteStatus& event);
void on_route_inspected(Turn& turn, const model::event::RouteInspected& event);

/// Once everything that is wanted was announced in this session, FRR may forget the rest.
void complete_session_if_due(Turn& turn);
/// When to look whether it was; nullopt: not at all.
std::optional<TimePoint> next_session_look(const State& state);

/// What a predecessor left announced, and what is not claimed by now, goes with this agent.
void forget_leftovers_if_stopping(Turn& turn);
/// Closes the session, which withdraws everything unless it is to be kept for the successor.
void close_session(Turn& turn, bool keep);

}  // namespace vipherd::core
