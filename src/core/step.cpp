#include "vipherd/core/step.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/check_fsm.hpp"
#include "core/drain.hpp"
#include "core/kernel_watch.hpp"
#include "core/limits.hpp"
#include "core/operators.hpp"
#include "core/reach.hpp"
#include "core/reload.hpp"
#include "core/service_fsm.hpp"
#include "core/surroundings.hpp"
#include "core/vip_fsm.hpp"
#include "core/watches.hpp"
#include "core/wishes.hpp"
#include "vipherd/base/assert.hpp"
#include "vipherd/core/guard.hpp"

namespace vipherd::core {
namespace {

using namespace model;

/// One step in the making: the state, the moment, and the actions so far.
class Step {
 public:
  Step(State& state, TimePoint now) : state_(state), now_(now) {}

  Actions finish() {
    conclude_stop();
    set_node_alarm();
    return std::move(out_);
  }

  void operator()(const event::ConfigApplied& event) {
    VIPHERD_ASSERT(event.config != nullptr);
    if (state_.phase == Phase::stopping || state_.phase == Phase::finished) return;
    const bool first = state_.config == nullptr;
    if (!first) {
      const std::string obstacle = reload_obstacle(*state_.config, *event.config);
      if (!obstacle.empty()) return reject_config(obstacle);
    }
    take_config(state_, event.config, now_, out_);
    state_.last_reload_failed = false;
    state_.config_cause = {now_, first ? "read at start" : "reloaded"};
    if (!first) note(LogLevel::info, "configuration reloaded");
    if (first) state_.phase_cause = {now_, "waiting for the first picture of the kernel"};
    // What bgpd said may be the very thing that was put right; it will say it again.
    state_.surroundings.bgp_peers.clear();
    compare_surroundings(state_, out_);
    judge_all_services();
    reconcile_all();
    read_kernel(state_, now_, out_);
  }

  void operator()(const event::ConfigRejected& event) { reject_config(event.why); }

  void operator()(const event::TimersDue&) {
    for (const AlarmOwner& owner : state_.alarms.take_due(now_)) {
      std::visit([this](const auto& who) { on_alarm(who); }, owner);
    }
  }

  void operator()(const event::ProbeFinished& event) {
    const auto found = state_.checks.find(event.check);
    if (found == state_.checks.end()) return;
    if (!found->second.in_flight || event.generation != found->second.generation) return;
    if (take_result(state_, found->first, found->second, event, now_, out_)) {
      judge_service_of(found->first);
    }
    renew_watches(state_, found->first, event.result.pass, now_, out_);
  }

  void operator()(const event::WatchFired& event) { took_watch(state_, event, now_, out_); }

  void operator()(const event::KernelSnapshot& event) {
    if (state_.config == nullptr) return;
    const bool first = !state_.kernel.known;
    took_snapshot(state_, event, now_, out_);
    if (first && state_.phase == Phase::starting) {
      state_.phase = Phase::running;
      state_.phase_cause = {now_, "started"};
    }
    reconcile_all();
  }

  void operator()(const event::KernelChanged& event) {
    if (state_.config == nullptr) return;
    auto found = state_.vips.find(event.vip.vip);
    if (found == state_.vips.end()) {
      // A route with our protocol number that we know nothing of: ours from another time.
      if (event.vip.route != KernelRoute::ours) return;
      found = adopt(state_, event.vip.vip, now_);
    }
    saw_kernel_route(event.vip.vip, found->second, event.vip.route, state_.config->vips, now_,
                     out_);
    reconcile(state_, event.vip.vip, now_, out_);
  }

  void operator()(const event::KernelStale& event) {
    if (state_.kernel.known) {
      note(LogLevel::debug, "reading the kernel's routes again: " + event.reason);
    } else {
      state_.phase_cause.why = "cannot read the kernel's routes: " + event.reason;
      note(LogLevel::warning, state_.phase_cause.why);
    }
    if (state_.config != nullptr) read_kernel(state_, now_, out_);
  }

  void operator()(const event::SurroundingsRead& event) {
    if (state_.surroundings.all == event.all) return;
    state_.surroundings.all = event.all;
    ask_services_of_surroundings();
  }

  void operator()(const event::AttachFailed& event) { kernel_refusal(event.vip, event.reason); }
  void operator()(const event::DetachFailed& event) { kernel_refusal(event.vip, event.reason); }

  void operator()(const event::ZebraConnected& event) {
    state_.zebra.connected = true;
    state_.zebra.session = event.session;
    state_.zebra.cause = {now_, event.version};
    note(LogLevel::info, "zebra connected: " + event.version);
    if (!event.warning.empty()) note(LogLevel::warning, event.warning);
    state_.zebra.complete_at = now_ + kCompleteLook;
    state_.zebra.resumed = event.resumed;
    for (auto& [address, vip] : state_.vips) {
      // What a predecessor left announced on purpose waits for its verdict. Otherwise: a zebra that
      // was killed finds its own old kernel routes, and keeps them for a while.
      vip.maybe_announced = event.resumed;
      if (!event.resumed && !vip.wants_route()) out_.emplace_back(action::Withdraw{address});
    }
    forget_leftovers_if_stopping();
    reconcile_all();
  }

  void operator()(const event::ZebraLost& event) {
    if (!state_.zebra.connected || event.session != state_.zebra.session) return;
    state_.zebra.connected = state_.zebra.completed = state_.zebra.resumed = false;
    state_.zebra.cause = {now_, event.reason};
    if (state_.handing_over) return;
    if (!state_.zebra.closed) {
      note(LogLevel::error, "zebra lost, nothing is announced: " + event.reason);
    }
    for (auto& [address, vip] : state_.vips) {
      lost_zebra(vip, event.reason, state_.config->vips, now_);
    }
    reconcile_all();
  }

  void operator()(const event::ZebraUnreachable& event) {
    if (state_.zebra.connected || state_.zebra.cause.why == event.reason) return;
    state_.zebra.cause = {now_, event.reason};
    if (event.news) note(LogLevel::error, "cannot connect to zebra: " + event.reason);
  }

  void operator()(const event::RouteNotified& event) {
    if (VipState* vip = announced_vip(event.session, event.vip)) {
      took_route_note(event.vip, *vip, event.note, state_.config->vips, now_, out_);
      reconcile(state_, event.vip, now_, out_);
    }
  }

  void operator()(const event::RouteInspected& event) {
    if (VipState* vip = announced_vip(event.session, event.vip)) {
      took_inspection(event.vip, *vip, event, state_.config->vips, now_, out_);
      reconcile(state_, event.vip, now_, out_);
    }
  }

  void operator()(const event::Observed& event) {
    if (take_bgp_peers(state_, event)) ask_services_of_surroundings();
    const auto found = state_.vips.find(event.vip);
    if (found == state_.vips.end()) return;
    took_observation(state_, event.vip, found->second, event, now_, out_);
    const auto service = state_.services.find(found->second.service);
    // Whether others announce it decides where every node may be down.
    if (service != state_.services.end() && service->second.config->hold_when_all_down) {
      wish_one(state_, service->second, event.vip, now_);
    }
    reconcile(state_, event.vip, now_, out_);
  }

  void operator()(const event::RouteLookedUp& event) {
    const auto found = state_.vips.find(event.vip);
    if (found == state_.vips.end()) return;
    took_route_lookup(state_, event.vip, found->second, event.route, now_, out_);
  }

  void operator()(const event::ConnectionsCounted& event) {
    const auto found = state_.vips.find(event.vip);
    if (found == state_.vips.end()) return;
    took_connections(found->second, event);
    reconcile(state_, event.vip, now_, out_);
  }

  void operator()(const event::OperatorStateRead& event) { state_.operators = event.state; }

  void operator()(const event::OperatorCommand& event) {
    const OperatorState before = state_.operators;
    switch (event.verb) {
      case event::OperatorCommand::Verb::drain:
      case event::OperatorCommand::Verb::resume:
      case event::OperatorCommand::Verb::set_weight:
        took_word(state_.operators, event);
        note_word(event);
        judge_all_services();
        reconcile_all();
        break;
      case event::OperatorCommand::Verb::disable:
      case event::OperatorCommand::Verb::enable:
      case event::OperatorCommand::Verb::probe_now:
      case event::OperatorCommand::Verb::clear_damping:
        for (auto& [name, service] : state_.services) {
          if (concerns(event.scope, name)) obey(event.verb, name, service);
        }
        break;
    }
    if (state_.operators != before) out_.emplace_back(action::Remember{state_.operators});
  }

  void operator()(const event::ShutdownRequested& event) {
    if (state_.phase == Phase::stopping || state_.phase == Phase::finished) return;
    if (state_.config == nullptr) return finish_stop(true);
    state_.phase = Phase::stopping;
    state_.phase_cause = {now_, event.cause};
    state_.stop_by = now_ + state_.config->node.shutdown_timeout;
    if (event.keep) return hand_over(event.cause);
    note(LogLevel::info, "stopping: " + event.cause);
    drop_everything(state_, "the agent is stopping: " + event.cause, now_, out_);
    forget_leftovers_if_stopping();
    reconcile_all();
  }

 private:
  void note(LogLevel level, std::string text) {
    out_.emplace_back(action::Note{level, std::move(text)});
  }

  void reject_config(const std::string& why) {
    state_.last_reload_failed = true;
    state_.config_cause = {now_, why};
    note(LogLevel::error, "reload rejected, nothing was changed: " + why);
  }

  VipState* announced_vip(std::uint64_t session, const IpAddress& address) {
    if (!state_.zebra.connected || session != state_.zebra.session) return nullptr;
    const auto found = state_.vips.find(address);
    return found == state_.vips.end() ? nullptr : &found->second;
  }

  void kernel_refusal(const IpAddress& address, const std::string& reason) {
    const auto found = state_.vips.find(address);
    if (found == state_.vips.end()) return;
    kernel_refused(address, found->second, reason, now_, out_);
    reconcile(state_, address, now_, out_);
  }

  // ------------------------------------------------------------------------ services

  void judge_all_services() {
    for (auto& [name, service] : state_.services) judge(state_, name, service, now_, out_);
  }

  void judge_service_of(const CheckId& id) {
    const auto found = state_.services.find(id.service);
    if (found != state_.services.end() && judge(state_, id.service, found->second, now_, out_)) {
      reconcile_vips_of(found->second);
    }
  }

  void obey(event::OperatorCommand::Verb verb, const std::string& name, ServiceState& service) {
    using Verb = event::OperatorCommand::Verb;
    switch (verb) {
      case Verb::probe_now:
        return probe_all(name);
      case Verb::disable:
      case Verb::enable: {
        const bool disable = verb == Verb::disable;
        const bool changed = disable ? state_.operators.disabled.insert(name).second
                                     : state_.operators.disabled.erase(name) > 0;
        if (!changed) return;
        note(LogLevel::info,
             "service " + name + (disable ? " disabled" : " enabled") + " by the operator");
        if (!disable) forget_verdicts_of_vips(name);
        judge(state_, name, service, now_, out_);
        reconcile_vips_of(service);
        return;
      }
      case Verb::clear_damping:
        clear_damping(state_, name, service, now_, out_);
        if (judge(state_, name, service, now_, out_)) reconcile_vips_of(service);
        return;
      case Verb::drain:
      case Verb::resume:
      case Verb::set_weight:
        return;  // these concern more than services
    }
  }

  void note_word(const event::OperatorCommand& word) {
    using Verb = event::OperatorCommand::Verb;
    const std::string verb = word.verb == Verb::drain    ? " is to be drained"
                             : word.verb == Verb::resume ? " is to return"
                             : word.weight == 0          ? " has its configured weight again"
                                                : " gets the weight " + std::to_string(word.weight);
    note(LogLevel::info, to_string(word.scope) + verb + ", by the operator");
  }

  /// While the service was disabled its VIPs were not here to be checked.
  void forget_verdicts_of_vips(const std::string& name) {
    for (auto position = state_.checks.lower_bound({name, ""});
         position != state_.checks.end() && position->first.service == name; ++position) {
      if (position->second.config->needed_vips.empty()) continue;
      probe_afresh(state_, position->first, position->second, {}, now_, out_);
    }
  }

  void probe_all(const std::string& name) {
    for (auto position = state_.checks.lower_bound({name, ""});
         position != state_.checks.end() && position->first.service == name; ++position) {
      probe_now(state_, position->first, position->second, now_, out_);
    }
  }

  void reconcile_vips_of(const ServiceState& service) {
    for (const IpAddress& address : service.config->vips) {
      reconcile(state_, address, now_, out_);
    }
  }

  void ask_services_of_surroundings() {
    if (!compare_surroundings(state_, out_)) return;
    judge_all_services();
    reconcile_all();
  }
  void reconcile_all() {
    // reconcile() erases released VIPs: step on before it does.
    for (auto position = state_.vips.begin(); position != state_.vips.end();) {
      const IpAddress address = (position++)->first;
      reconcile(state_, address, now_, out_);
    }
  }

  // -------------------------------------------------------------------------- alarms

  void on_alarm(const NodeAlarm&) {
    if (state_.config == nullptr || state_.phase == Phase::finished) return;
    look_at_kernel(state_, now_, out_);
    if (awaits_completion() && now_ >= state_.zebra.complete_at) complete_session();
  }

  /// What a predecessor left announced, and nobody has claimed by now, goes with this agent.
  void forget_leftovers_if_stopping() {
    if (state_.phase != Phase::stopping || !state_.zebra.connected || state_.zebra.completed)
      return;
    state_.zebra.completed = true;
    out_.emplace_back(action::AnnouncedAll{});
  }

  bool awaits_completion() const {
    return state_.zebra.connected && !state_.zebra.completed && state_.phase == Phase::running;
  }

  /// Once everything that is wanted was announced in this session, FRR may forget the rest.
  void complete_session() {
    const bool decided = std::ranges::none_of(state_.services, [this](const auto& entry) {
      return state_.enables(entry.second) && entry.second.verdict == Verdict::undecided;
    });
    const bool told = std::ranges::none_of(
        state_.vips, [](const auto& entry) { return is_to_be_announced(entry.second); });
    if (!decided || !told) {
      state_.zebra.complete_at = now_ + kCompleteLook;
      return;
    }
    state_.zebra.completed = true;
    out_.emplace_back(action::AnnouncedAll{});
  }

  void on_alarm(const CheckId& id) {
    const auto found = state_.checks.find(id);
    if (found == state_.checks.end()) return;
    if (on_check_alarm(state_, found->first, found->second, now_, out_)) judge_service_of(id);
  }

  /// A service that was held down for flapping may return.
  void on_alarm(const ServiceAlarm& alarm) {
    const auto found = state_.services.find(alarm.name);
    if (found == state_.services.end()) return;
    release(state_, alarm.name, found->second, now_, out_);
    if (judge(state_, alarm.name, found->second, now_, out_)) reconcile_vips_of(found->second);
  }

  void on_alarm(const IpAddress& address) { reconcile(state_, address, now_, out_); }

  // ------------------------------------------------------------------------ stopping

  /// Everything stays as it is: attached in the kernel, announced by FRR.
  void hand_over(const std::string& cause) {
    state_.handing_over = true;
    note(LogLevel::info, "handing over to the next agent, everything stays announced: " + cause);
    take_watches(state_, nullptr, now_, out_);
    state_.zebra.closed = true;
    out_.emplace_back(action::CloseZebra{true});
    if (!state_.zebra.connected) finish_stop(true);
  }

  void conclude_stop() {
    if (state_.phase != Phase::stopping) return;
    if (state_.handing_over) {
      if (!state_.zebra.connected || now_ >= state_.stop_by) finish_stop(!state_.zebra.connected);
      return;
    }
    if (state_.vips.empty() && state_.kernel.known) return finish_stop(true);
    if (now_ < state_.stop_by) return;
    if (now_ >= last_moment()) return finish_stop(false);
    if (state_.zebra.closed) return;
    state_.zebra.closed = true;
    note(LogLevel::warning,
         "not everything was confirmed withdrawn in time: closing the session with zebra");
    out_.emplace_back(action::CloseZebra{});
  }

  TimePoint last_moment() const {
    return state_.stop_by + state_.config->vips.detach_delay + kLastGasp;
  }

  void finish_stop(bool clean) {
    state_.phase = Phase::finished;
    if (state_.handing_over) {
      note(LogLevel::info, "stopped: everything stays for the next agent");
      out_.emplace_back(action::Finished{clean});
      return;
    }
    note(clean ? LogLevel::info : LogLevel::error,
         clean ? "stopped: everything is withdrawn and detached"
               : "stopped at the deadline: some VIPs may still be attached");
    out_.emplace_back(action::Finished{clean});
  }

  void set_node_alarm() {
    if (state_.config == nullptr || state_.phase == Phase::finished) {
      return state_.alarms.set(NodeAlarm{}, std::nullopt);
    }
    TimePoint at = next_kernel_look(state_);
    if (awaits_completion()) at = std::min(at, state_.zebra.complete_at);
    if (state_.phase == Phase::stopping) {
      at = std::min(at,
                    state_.zebra.closed && !state_.handing_over ? last_moment() : state_.stop_by);
    }
    state_.alarms.set(NodeAlarm{}, at);
  }

  State& state_;
  TimePoint now_;
  Actions out_;
};

}  // namespace

Actions step(State& state, const Event& event, TimePoint now) {
  Step step(state, now);
  std::visit(step, event);
  return step.finish();
}

}  // namespace vipherd::core
