#include "core/commands.hpp"

#include <string>

#include "core/check_fsm.hpp"
#include "core/evaluate.hpp"
#include "core/guard.hpp"
#include "core/operators.hpp"
#include "core/service_fsm.hpp"
#include "core/shutdown.hpp"
#include "core/vip/reconcile.hpp"

namespace vipherd::core {
namespace {

using namespace model;
using Kind = Refusal::Kind;

template <class Do>
void for_checks_of(Turn& turn, const std::string& service, Do do_it) {
  for (auto position = turn.state.checks.lower_bound({service, ""});
       position != turn.state.checks.end() && position->first.service == service; ++position) {
    do_it(position->first, position->second);
  }
}

void probe_all(Turn& turn, const std::string& service) {
  for_checks_of(turn, service,
                [&](const CheckId& id, CheckState& check) { probe_now(turn, id, check); });
}

/// While the service was disabled its VIPs were not here to be checked.
void forget_results_of_vips(Turn& turn, const std::string& service) {
  for_checks_of(turn, service, [&](const CheckId& id, CheckState& check) {
    if (!check.config->needed_vips.empty()) probe_afresh(turn, id, check, {});
  });
}

void reconsider(Turn& turn, const std::string& name, ServiceState& service) {
  judge(turn, name, service);
  reconcile_vips_of(turn, service);
}

void tell(Turn& turn, const Scope& scope, const std::string& what) {
  turn.note(LogLevel::info, to_string(scope) + what + ", by the operator");
}

/// What follows from each command. A service that is not there is no reason to do anything: it may
/// have gone with a reload since the command was found to be sound.
struct Execute {
  Turn& turn;

  ServiceState* find(const scope::Service& scope) const {
    const auto found = turn.state.services.find(scope.name);
    return found == turn.state.services.end() ? nullptr : &found->second;
  }

  void operator()(const command::Disable& disable) const {
    ServiceState* service = find(disable.scope);
    if (service == nullptr || turn.state.operators.disabled.contains(disable.scope.name)) return;
    record(turn.state.operators, disable);
    turn.note(LogLevel::info, "service " + disable.scope.name + " disabled by the operator");
    reconsider(turn, disable.scope.name, *service);
  }

  void operator()(const command::Enable& enable) const {
    ServiceState* service = find(enable.scope);
    if (service == nullptr || !turn.state.operators.disabled.contains(enable.scope.name)) return;
    record(turn.state.operators, enable);
    turn.note(LogLevel::info, "service " + enable.scope.name + " enabled by the operator");
    forget_results_of_vips(turn, enable.scope.name);
    reconsider(turn, enable.scope.name, *service);
  }

  void operator()(const command::Probe& probe) const {
    const Scope scope = scope::widen(probe.scope);
    for (const auto& [name, service] : turn.state.services) {
      if (concerns(scope, name)) probe_all(turn, name);
    }
  }

  void operator()(const command::ClearDamping& clear) const {
    ServiceState* service = find(clear.scope);
    if (service == nullptr) return;
    clear_damping(turn, clear.scope.name, *service);
    if (judge(turn, clear.scope.name, *service)) reconcile_vips_of(turn, *service);
  }

  void operator()(const command::Drain& drain) const {
    record(turn.state.operators, drain);
    tell(turn, drain.scope, " is to be drained");
    evaluate_all(turn);
  }

  void operator()(const command::Resume& resume) const {
    record(turn.state.operators, resume);
    tell(turn, resume.scope, " is to return");
    evaluate_all(turn);
  }

  void operator()(const command::Weight& weight) const {
    record(turn.state.operators, weight);
    tell(turn, scope::widen(weight.scope),
         weight.percent ? " gets the weight " + std::to_string(*weight.percent)
                        : " has its configured weight again");
    evaluate_all(turn);
  }
};

std::optional<Refusal> find_unknown(const State& state, const Scope& scope) {
  const auto* vip = std::get_if<scope::Vip>(&scope);
  if (vip != nullptr && !state.vips.contains(vip->address)) {
    return Refusal{Kind::no_such_vip, "there is no VIP " + vip->address.to_string()};
  }
  const auto* named = std::get_if<scope::Service>(&scope);
  if (named != nullptr && !state.services.contains(named->name)) {
    return Refusal{Kind::no_such_service, "there is no service " + named->name};
  }
  return std::nullopt;
}

/// What speaks against each command now, of those that something can speak against.
struct Objections {
  const State& state;
  TimePoint now;

  std::optional<Refusal> operator()(const auto&) const { return std::nullopt; }

  std::optional<Refusal> operator()(const command::Enable& enable) const {
    const std::string& name = enable.scope.name;
    if (state.services.find(name)->second.config->enabled) return std::nullopt;
    return Refusal{Kind::not_now,
                   "service " + name + " is disabled by the configuration (enabled = false)"};
  }

  std::optional<Refusal> operator()(const command::Drain& drain) const {
    if (drain.force) return std::nullopt;
    const std::string objection = drain_objection(state, drain.scope, now);
    if (objection.empty()) return std::nullopt;
    return Refusal{Kind::not_now, "not drained: " + objection + " (--force drains all the same)"};
  }
};

}  // namespace

void on_command(Turn& turn, const Command& command) {
  const OperatorState before = turn.state.operators;
  std::visit(Execute{turn}, command);
  if (turn.state.operators != before) {
    turn.out.emplace_back(action::Remember{turn.state.operators});
  }
}

std::optional<Refusal> refusal_of_command(const State& state, const Command& command,
                                          TimePoint now) {
  if (state.config == nullptr) return Refusal{Kind::not_running, "the agent is starting"};
  if (is_stopping(state)) return Refusal{Kind::not_running, "the agent is stopping"};
  if (auto unknown = find_unknown(state, scope_of(command))) return unknown;
  return std::visit(Objections{state, now}, command);
}

Concerned concerned_by(const State& state, const Scope& scope) {
  Concerned all;
  for (const auto& [name, service] : state.services) {
    const std::size_t before = all.vips.size();
    for (const IpAddress& vip : service.config->vips) {
      if (concerns(scope, name, vip)) all.vips.push_back(vip);
    }
    if (all.vips.size() > before) all.services.push_back(name);
  }
  return all;
}

}  // namespace vipherd::core
