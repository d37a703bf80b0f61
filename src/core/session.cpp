#include "core/session.hpp"

#include <algorithm>

#include "core/limits.hpp"
#include "core/vip/reconcile.hpp"
#include "core/vip/route.hpp"

namespace vipherd::core {
namespace {

using namespace model;

VipState* vip_in_session(State& state, std::uint64_t session, const IpAddress& address) {
  if (!state.zebra.connected || session != state.zebra.session) return nullptr;
  const auto found = state.vips.find(address);
  return found == state.vips.end() ? nullptr : &found->second;
}

bool awaits_completion(const State& state) {
  return state.zebra.connected && !state.zebra.completed && state.phase == Phase::running;
}

void complete(Turn& turn) {
  turn.state.zebra.completed = true;
  turn.out.emplace_back(action::AnnouncedAll{});
}

}  // namespace

void on_zebra_connected(Turn& turn, const event::ZebraConnected& event) {
  ZebraState& zebra = turn.state.zebra;
  zebra.connected = true;
  zebra.session = event.session;
  zebra.cause = {turn.now, event.version};
  turn.note(LogLevel::info, "zebra connected: " + event.version, StateChange{.state = "connected"});
  if (!event.warning.empty()) turn.note(LogLevel::warning, event.warning);
  zebra.complete_at = turn.now + kCompleteLook;
  zebra.resumed = event.resumed;
  for (auto& [address, vip] : turn.state.vips) {
    on_session_began(turn, address, vip, event.resumed);
  }
  forget_leftovers_if_stopping(turn);
  reconcile_all(turn);
}

void on_zebra_lost(Turn& turn, const event::ZebraLost& event) {
  ZebraState& zebra = turn.state.zebra;
  if (!zebra.connected || event.session != zebra.session) return;
  zebra.connected = zebra.completed = zebra.resumed = false;
  zebra.cause = {turn.now, event.reason};
  if (turn.state.handing_over) return;
  if (!zebra.closed) {
    turn.note(LogLevel::error, "zebra lost, nothing is announced: " + event.reason,
              StateChange{.state = "disconnected"});
  }
  for (auto& [address, vip] : turn.state.vips) {
    on_session_lost(vip, event.reason, turn.state.config->vips, turn.now);
  }
  reconcile_all(turn);
}

void on_zebra_unreachable(Turn& turn, const event::ZebraUnreachable& event) {
  ZebraState& zebra = turn.state.zebra;
  if (zebra.connected || zebra.cause.why == event.reason) return;
  zebra.cause = {turn.now, event.reason};
  if (event.news) turn.note(LogLevel::error, "cannot connect to zebra: " + event.reason);
}

void on_route_notified(Turn& turn, const event::RouteNotified& event) {
  if (VipState* vip = vip_in_session(turn.state, event.session, event.vip)) {
    took_route_note(turn, event.vip, *vip, event.note, turn.state.config->vips);
    reconcile(turn, event.vip);
  }
}

void on_route_inspected(Turn& turn, const event::RouteInspected& event) {
  if (VipState* vip = vip_in_session(turn.state, event.session, event.vip)) {
    took_inspection(turn, event.vip, *vip, event, turn.state.config->vips);
    reconcile(turn, event.vip);
  }
}

void complete_session_if_due(Turn& turn) {
  const State& state = turn.state;
  if (!awaits_completion(state) || turn.now < state.zebra.complete_at) return;
  const bool decided = std::ranges::none_of(state.services, [&](const auto& entry) {
    return state.enables(entry.second) && entry.second.verdict == Verdict::undecided;
  });
  const bool told = std::ranges::none_of(
      state.vips, [](const auto& entry) { return is_to_be_announced(entry.second); });
  if (decided && told) return complete(turn);
  turn.state.zebra.complete_at = turn.now + kCompleteLook;
}

std::optional<TimePoint> next_session_look(const State& state) {
  if (!awaits_completion(state)) return std::nullopt;
  return state.zebra.complete_at;
}

void forget_leftovers_if_stopping(Turn& turn) {
  const ZebraState& zebra = turn.state.zebra;
  if (turn.state.phase == Phase::stopping && zebra.connected && !zebra.completed) complete(turn);
}

void close_session(Turn& turn, bool keep) {
  turn.state.zebra.closed = true;
  turn.out.emplace_back(action::CloseZebra{keep});
}

}  // namespace vipherd::core
