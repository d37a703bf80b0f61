#include "core/shutdown.hpp"

#include "core/limits.hpp"
#include "core/reload.hpp"
#include "core/session.hpp"
#include "core/vip/reconcile.hpp"
#include "core/watches.hpp"

namespace vipherd::core {
namespace {

using namespace model;

StateChange agent_is(std::string_view state, const std::string& by = "") {
  return {.kind = StateChange::Kind::agent, .state = state, .by = by};
}

void finish(Turn& turn, bool clean) {
  turn.state.phase = Phase::finished;
  if (turn.state.handing_over) {
    turn.note(LogLevel::info, "stopped: everything stays for the next agent", agent_is("stopped"));
  } else if (clean) {
    turn.note(LogLevel::info, "stopped: everything is withdrawn and detached", agent_is("stopped"));
  } else {
    turn.note(LogLevel::error, "stopped at the deadline: some VIPs may still be attached",
              agent_is("stopped"));
  }
  turn.out.emplace_back(action::Finished{clean});
}

/// Everything stays as it is: attached in the kernel, announced by FRR.
void hand_over(Turn& turn, const std::string& cause, const std::string& by) {
  turn.state.handing_over = true;
  turn.note(LogLevel::info, "handing over to the next agent, everything stays announced: " + cause,
            agent_is("stopping", by));
  end_watches(turn);
  close_session(turn, /*keep=*/true);
  if (!turn.state.speaker.connected) finish(turn, true);
}

TimePoint last_moment(const State& state) {
  return state.stop_by + state.config->vips.detach_delay + kShutdownGrace;
}

}  // namespace

bool is_stopping(const State& state) {
  return state.phase == Phase::stopping || state.phase == Phase::finished;
}

void on_shutdown(Turn& turn, const event::ShutdownRequested& event) {
  State& state = turn.state;
  if (is_stopping(state)) return;
  if (state.config == nullptr) return finish(turn, true);
  state.phase = Phase::stopping;
  state.phase_cause = {turn.now, event.cause};
  state.stop_by = turn.now + state.config->node.shutdown_timeout;
  if (event.keep) return hand_over(turn, event.cause, event.by);
  turn.note(LogLevel::info, "stopping: " + event.cause, agent_is("stopping", event.by));
  drop_everything(turn, "the agent is stopping: " + event.cause);
  forget_leftovers_if_stopping(turn);
  reconcile_all(turn);
}

void conclude_shutdown(Turn& turn) {
  const State& state = turn.state;
  if (state.phase != Phase::stopping) return;
  if (state.handing_over) {
    if (!state.speaker.connected || turn.now >= state.stop_by)
      finish(turn, !state.speaker.connected);
    return;
  }
  if (state.vips.empty() && state.kernel.known) return finish(turn, true);
  if (turn.now < state.stop_by) return;
  if (turn.now >= last_moment(state)) return finish(turn, false);
  if (state.speaker.closed) return;
  turn.note(LogLevel::warning,
            "not everything was confirmed withdrawn in time: closing the session with zebra");
  close_session(turn, /*keep=*/false);
}

std::optional<TimePoint> next_shutdown_step(const State& state) {
  if (state.phase != Phase::stopping) return std::nullopt;
  return state.speaker.closed && !state.handing_over ? last_moment(state) : state.stop_by;
}

}  // namespace vipherd::core
