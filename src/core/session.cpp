#include "core/session.hpp"

#include <algorithm>

#include "core/limits.hpp"
#include "core/vip/reconcile.hpp"
#include "core/vip/route.hpp"

namespace vipherd::core {
namespace {

using namespace model;

VipState* vip_in_session(State& state, std::uint64_t session, const IpAddress& address) {
  if (!state.speaker.connected || session != state.speaker.session) return nullptr;
  const auto found = state.vips.find(address);
  return found == state.vips.end() ? nullptr : &found->second;
}

bool awaits_completion(const State& state) {
  return state.speaker.connected && !state.speaker.completed && state.phase == Phase::running;
}

void complete(Turn& turn) {
  turn.state.speaker.completed = true;
  turn.out.emplace_back(action::EndOfRib{});
}

}  // namespace

void on_speaker_up(Turn& turn, const event::SpeakerUp& event) {
  SpeakerState& speaker = turn.state.speaker;
  speaker.connected = true;
  speaker.session = event.session;
  speaker.cause = {turn.now, event.version};
  turn.note(LogLevel::info, "zebra connected: " + event.version, StateChange{.state = "connected"});
  if (!event.warning.empty()) turn.note(LogLevel::warning, event.warning);
  speaker.complete_at = turn.now + kCompleteLook;
  speaker.resumed = event.resumed;
  for (auto& [address, vip] : turn.state.vips) {
    on_session_began(turn, address, vip, event.resumed);
  }
  forget_leftovers_if_stopping(turn);
  reconcile_all(turn);
}

void on_speaker_down(Turn& turn, const event::SpeakerDown& event) {
  SpeakerState& speaker = turn.state.speaker;
  if (!speaker.connected || event.session != speaker.session) return;
  speaker.connected = speaker.completed = speaker.resumed = false;
  speaker.cause = {turn.now, event.reason};
  if (turn.state.handing_over) return;
  if (!speaker.closed) {
    turn.note(LogLevel::error, "zebra lost, nothing is announced: " + event.reason,
              StateChange{.state = "disconnected"});
  }
  for (auto& [address, vip] : turn.state.vips) {
    on_session_lost(vip, event.reason, turn.state.config->vips, turn.now);
  }
  reconcile_all(turn);
}

void on_speaker_unreachable(Turn& turn, const event::SpeakerUnreachable& event) {
  SpeakerState& speaker = turn.state.speaker;
  if (speaker.connected || speaker.cause.reason == event.reason) return;
  speaker.cause = {turn.now, event.reason};
  if (event.news) turn.note(LogLevel::error, "cannot connect to zebra: " + event.reason);
}

void on_route_status(Turn& turn, const event::RouteStatus& event) {
  if (VipState* vip = vip_in_session(turn.state, event.session, event.vip)) {
    apply_route_outcome(turn, event.vip, *vip, event.outcome, turn.state.config->vips);
    reconcile(turn, event.vip);
  }
}

void on_route_inspected(Turn& turn, const event::RouteInspected& event) {
  if (VipState* vip = vip_in_session(turn.state, event.session, event.vip)) {
    apply_inspection(turn, event.vip, *vip, event, turn.state.config->vips);
    reconcile(turn, event.vip);
  }
}

void complete_session_if_due(Turn& turn) {
  const State& state = turn.state;
  if (!awaits_completion(state) || turn.now < state.speaker.complete_at) return;
  const bool decided = std::ranges::none_of(state.services, [&](const auto& entry) {
    return state.enables(entry.second) && entry.second.health == CheckHealth::undecided;
  });
  const bool told = std::ranges::none_of(
      state.vips, [](const auto& entry) { return is_to_be_announced(entry.second); });
  if (decided && told) return complete(turn);
  turn.state.speaker.complete_at = turn.now + kCompleteLook;
}

std::optional<TimePoint> next_session_look(const State& state) {
  if (!awaits_completion(state)) return std::nullopt;
  return state.speaker.complete_at;
}

void forget_leftovers_if_stopping(Turn& turn) {
  const SpeakerState& speaker = turn.state.speaker;
  if (turn.state.phase == Phase::stopping && speaker.connected && !speaker.completed)
    complete(turn);
}

void close_session(Turn& turn, bool keep) {
  turn.state.speaker.closed = true;
  turn.out.emplace_back(action::CloseSession{keep});
}

}  // namespace vipherd::core
