#include "vipherd/core/core.hpp"

#include <utility>

#include "core/check_fsm.hpp"
#include "core/commands.hpp"
#include "core/evaluate.hpp"
#include "core/expiry.hpp"
#include "core/kernel_watch.hpp"
#include "core/relay/vips.hpp"
#include "core/reload.hpp"
#include "core/router_ids.hpp"
#include "core/session.hpp"
#include "core/shutdown.hpp"
#include "core/status_view.hpp"
#include "core/surroundings.hpp"
#include "core/vip/attachment.hpp"
#include "core/vip/desired.hpp"
#include "core/vip/drain.hpp"
#include "core/vip/reachability.hpp"
#include "core/vip/reconcile.hpp"
#include "core/watches.hpp"

namespace vipherd::core {
namespace {

using namespace model;

VipState* find_vip(State& state, const IpAddress& address) {
  const auto found = state.vips.find(address);
  return found == state.vips.end() ? nullptr : &found->second;
}

// -------------------------------------------------------------------------------- alarms

struct OnAlarm {
  Turn& turn;

  void operator()(const NodeAlarm&) const {
    if (turn.state.config == nullptr || turn.state.phase == Phase::finished) return;
    look_at_kernel(turn);
    compare_router_ids(turn);
    complete_session_if_due(turn);
    if (!is_stopping(turn.state)) end_expired(turn);
  }
  void operator()(const CheckId& id) const {
    const auto found = turn.state.checks.find(id);
    if (found == turn.state.checks.end()) return;
    if (on_check_alarm(turn, found->first, found->second)) evaluate_service_of(turn, id);
  }
  void operator()(const ServiceAlarm& alarm) const { on_service_alarm(turn, alarm.name); }
  void operator()(const IpAddress& vip) const { reconcile(turn, vip); }
};

/// The one alarm for what concerns the node as a whole.
void set_node_alarm(Turn& turn) {
  State& state = turn.state;
  if (state.config == nullptr || state.phase == Phase::finished) {
    return state.alarms.set(NodeAlarm{}, std::nullopt);
  }
  TimePoint at = next_kernel_look(state);
  const bool stopping = is_stopping(state);
  for (const auto& when : {next_session_look(state), next_shutdown_step(state),
                           stopping ? std::nullopt : next_expiry(state)}) {
    if (when) at = std::min(at, *when);
  }
  state.alarms.set(NodeAlarm{}, at);
}

// -------------------------------------------------------------------------------- events

void on_probe_finished(Turn& turn, const event::ProbeFinished& event) {
  const auto found = turn.state.checks.find(event.check);
  if (found == turn.state.checks.end()) return;
  if (!found->second.in_flight || event.generation != found->second.generation) return;
  if (take_result(turn, found->first, found->second, event)) {
    evaluate_service_of(turn, found->first);
  }
  renew_watches(turn, found->first, event.result.pass);
}

void on_kernel_snapshot(Turn& turn, const event::KernelSnapshot& event) {
  State& state = turn.state;
  if (state.config == nullptr) return;
  const bool first = !state.kernel.known;
  on_snapshot(turn, event);
  if (first && state.phase == Phase::starting) {
    state.phase = Phase::running;
    state.phase_cause = {turn.now, "started"};
  }
  reconcile_all(turn);
}

void on_kernel_changed(Turn& turn, const event::KernelChanged& event) {
  if (turn.state.config == nullptr) return;
  auto found = turn.state.vips.find(event.vip.vip);
  if (found == turn.state.vips.end()) {
    // A route with our protocol number that we know nothing of: ours from another time.
    if (event.vip.route != KernelRoute::ours) return;
    found = adopt(turn.state, event.vip.vip, turn.now);
  }
  saw_kernel_route(turn, event.vip.vip, found->second, event.vip.route, turn.state.config->vips);
  reconcile(turn, event.vip.vip);
}

void on_kernel_stale(Turn& turn, const event::KernelStale& event) {
  if (turn.state.kernel.known) {
    turn.note(LogLevel::debug, "reading the kernel's routes again: " + event.reason);
  } else {
    turn.state.phase_cause.reason = "cannot read the kernel's routes: " + event.reason;
    turn.note(LogLevel::warning, turn.state.phase_cause.reason);
  }
  if (turn.state.config != nullptr) read_kernel(turn);
}

/// What is known of the node's surroundings has changed.
void on_new_surroundings(Turn& turn) {
  if (!compare_surroundings(turn)) return;
  if (!is_stopping(turn.state)) take_watches(turn);
  evaluate_all(turn);
}

void on_surroundings(Turn& turn, const event::SurroundingsRead& event) {
  if (turn.state.surroundings.all == event.all) return;
  turn.state.surroundings.all = event.all;
  on_new_surroundings(turn);
}

void on_kernel_refusal(Turn& turn, const IpAddress& address, const std::string& reason) {
  VipState* vip = find_vip(turn.state, address);
  if (vip == nullptr) return;
  kernel_refused(turn, address, *vip, reason);
  reconcile(turn, address);
}

void on_observed(Turn& turn, const event::Observed& event) {
  if (take_bgp_peers(turn.state, event)) on_new_surroundings(turn);
  take_router_ids(turn, event);
  VipState* vip = find_vip(turn.state, event.vip);
  if (vip == nullptr) return;
  on_observation(turn, event.vip, *vip, event);
  const auto service = turn.state.services.find(vip->service);
  // Whether others announce it decides where every node may be down.
  if (service != turn.state.services.end() &&
      service->second.config->on_all_down == OnAllDown::hold) {
    want_one(turn.state, service->second, event.vip, turn.now);
  }
  reconcile(turn, event.vip);
}

void on_route_looked_up(Turn& turn, const event::RouteLookedUp& event) {
  if (VipState* vip = find_vip(turn.state, event.vip)) {
    on_route_lookup(turn, event.vip, *vip, event.route);
  }
}

void on_connections_counted(Turn& turn, const event::ConnectionsCounted& event) {
  VipState* vip = find_vip(turn.state, event.vip);
  if (vip == nullptr) return;
  on_connections(*vip, event);
  reconcile(turn, event.vip);
}

void on_timers_due(Turn& turn, const event::TimersDue& event) {
  if (event.wall && !turn.state.expiries.empty()) {
    plan_expiries(turn.state, *event.wall, turn.now);
  }
  for (const AlarmOwner& owner : turn.state.alarms.take_due(turn.now)) {
    std::visit(OnAlarm{turn}, owner);
  }
}

struct OnEvent {
  Turn& turn;

  void operator()(const event::ConfigApplied& event) const { apply_config(turn, event.config); }
  void operator()(const event::ConfigRejected& event) const { reject_config(turn, event.reason); }
  void operator()(const event::TimersDue& event) const { on_timers_due(turn, event); }
  void operator()(const event::ProbeFinished& event) const { on_probe_finished(turn, event); }
  void operator()(const event::WatchFired& event) const { on_watch(turn, event); }
  void operator()(const event::KernelSnapshot& event) const { on_kernel_snapshot(turn, event); }
  void operator()(const event::KernelChanged& event) const { on_kernel_changed(turn, event); }
  void operator()(const event::KernelStale& event) const { on_kernel_stale(turn, event); }
  void operator()(const event::SurroundingsRead& event) const { on_surroundings(turn, event); }
  void operator()(const event::AttachFailed& event) const {
    on_kernel_refusal(turn, event.vip, event.reason);
  }
  void operator()(const event::DetachFailed& event) const {
    on_kernel_refusal(turn, event.vip, event.reason);
  }
  void operator()(const event::SpeakerUp& event) const { on_speaker_up(turn, event); }
  void operator()(const event::SpeakerDown& event) const { on_speaker_down(turn, event); }
  void operator()(const event::SpeakerUnreachable& event) const {
    on_speaker_unreachable(turn, event);
  }
  void operator()(const event::RouteStatus& event) const { on_route_status(turn, event); }
  void operator()(const event::RouteInspected& event) const { on_route_inspected(turn, event); }
  void operator()(const event::Observed& event) const { on_observed(turn, event); }
  void operator()(const event::RouteLookedUp& event) const { on_route_looked_up(turn, event); }
  void operator()(const event::ConnectionsCounted& event) const {
    on_connections_counted(turn, event);
  }
  void operator()(const event::OperatorStateRead& event) const {
    turn.state.operators = *event.state;
    plan_expiries(turn.state, event.at, turn.now);
  }
  void operator()(const event::OperatorCommand& event) const { on_command(turn, event); }
  void operator()(const event::ShutdownRequested& event) const { on_shutdown(turn, event); }
};

}  // namespace

Core::Core() : state_(std::make_unique<State>()) {}
Core::~Core() = default;
Core::Core(Core&& other) noexcept = default;
Core& Core::operator=(Core&& other) noexcept = default;

Actions Core::apply(const Event& event, TimePoint now) {
  Turn turn{*state_, now};
  std::visit(OnEvent{turn}, event);
  conclude_shutdown(turn);
  tell_relay(turn);
  set_node_alarm(turn);
  return std::move(turn.out);
}

std::optional<TimePoint> Core::next_alarm() const { return state_->alarms.next(); }

Phase Core::phase() const { return state_->phase; }
bool Core::is_stopping() const { return core::is_stopping(*state_); }
std::shared_ptr<const Config> Core::config() const { return state_->config; }
bool Core::has_vip(const IpAddress& vip) const { return state_->vips.contains(vip); }
const std::string& Core::vrf_of(const IpAddress& vip) const { return state_->vips.at(vip).vrf; }

std::vector<std::string> Core::service_names() const {
  std::vector<std::string> names;
  for (const auto& [name, service] : state_->services) names.push_back(name);
  return names;
}

Summary Core::summary() const {
  Summary summary{state_->vips.size(), 0, state_->speaker.connected, state_->last_reload_failed};
  for (const auto& [address, vip] : state_->vips) {
    summary.announced += vip.route.step == RouteStep::announced ? 1 : 0;
  }
  return summary;
}

Status Core::status(TimePoint now, WallTime wall) const { return make_status(*state_, now, wall); }

std::optional<Refusal> Core::refusal(const Command& command, TimePoint now) const {
  return refusal_of_command(*state_, command, now);
}

Concerned Core::concerned_by(const Scope& scope) const {
  return core::concerned_by(*state_, scope);
}

}  // namespace vipherd::core
