#include "core/commands.hpp"

#include <string>

#include "core/check_fsm.hpp"
#include "core/evaluate.hpp"
#include "core/expiry.hpp"
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
  evaluate(turn, name, service);
  reconcile_vips_of(turn, service);
}

StateChange change_of(const Scope& scope, std::string_view state, const std::string& by) {
  StateChange change{.kind = StateChange::Kind::command, .state = state, .by = by};
  if (const auto* service = std::get_if<scope::Service>(&scope)) change.service = service->name;
  if (const auto* vip = std::get_if<scope::Vip>(&scope)) change.vip = vip->address;
  return change;
}

/// What follows from each command. A service that is not there is no reason to do anything: it may
/// have gone with a reload since the command was found to be sound.
struct Execute {
  Turn& turn;
  const event::OperatorCommand& event;

  ServiceState* find(const scope::Service& scope) const {
    const auto found = turn.state.services.find(scope.name);
    return found == turn.state.services.end() ? nullptr : &found->second;
  }

  Instruction instruction_of(const Terms& terms) const {
    return {event.by, terms.reason, event.at,
            terms.lasts ? std::optional(event.at + *terms.lasts) : std::nullopt};
  }

  void tell(const Scope& scope, const std::string& what, const Instruction& instruction) const {
    turn.note(LogLevel::info, to_string(scope) + what + in_brackets(instruction),
              change_of(scope, name_of(event.command), event.by));
  }
  void tell(const Scope& scope, const std::string& what) const {
    tell(scope, what, {.by = event.by});
  }

  void operator()(const command::Disable& disable) const {
    ServiceState* service = find(disable.scope);
    if (service == nullptr) return;
    const Instruction instruction = instruction_of(disable.terms);
    record(turn.state.operators, disable, instruction);
    tell(disable.scope, " disabled by the operator", instruction);
    reconsider(turn, disable.scope.name, *service);
  }

  void operator()(const command::Enable& enable) const {
    ServiceState* service = find(enable.scope);
    if (service == nullptr || !turn.state.operators.disabled.contains(enable.scope.name)) return;
    record(turn.state.operators, enable);
    tell(enable.scope, " enabled by the operator");
    forget_results_of_vips(turn, enable.scope.name);
    reconsider(turn, enable.scope.name, *service);
  }

  void operator()(const command::Probe& probe) const {
    if (const auto* named = std::get_if<scope::Service>(&probe.scope)) {
      return probe_all(turn, named->name);
    }
    for (const auto& [name, service] : turn.state.services) probe_all(turn, name);
  }

  void operator()(const command::ClearDamping& clear) const {
    ServiceState* service = find(clear.scope);
    if (service == nullptr) return;
    clear_damping(turn, clear.scope.name, *service, event.by);
    if (evaluate(turn, clear.scope.name, *service)) reconcile_vips_of(turn, *service);
  }

  void operator()(const command::Drain& drain) const {
    const Instruction instruction = instruction_of(drain.terms);
    record(turn.state.operators, drain, instruction);
    tell(drain.scope, " is to be drained, by the operator", instruction);
    evaluate_all(turn);
  }

  void operator()(const command::Resume& resume) const {
    record(turn.state.operators, resume);
    tell(resume.scope, " is to return, by the operator");
    evaluate_all(turn);
  }

  void operator()(const command::Weight& weight) const {
    record(turn.state.operators, weight);
    tell(scope::widen(weight.scope),
         (weight.percent ? " gets the weight " + std::to_string(*weight.percent)
                         : std::string(" has its configured weight again")) +
             ", by the operator");
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

void on_command(Turn& turn, const event::OperatorCommand& event) {
  const OperatorState before = turn.state.operators;
  std::visit(Execute{turn, event}, event.command);
  if (turn.state.operators == before) return;
  plan_expiries(turn.state, event.at, turn.now);
  turn.out.emplace_back(
      action::Remember{std::make_shared<const model::OperatorState>(turn.state.operators)});
}

void end_expired(Turn& turn) {
  const std::vector<Expiry> expired = take_expired(turn.state, turn.now);
  if (expired.empty()) return;
  for (const Expiry& one : expired) {
    turn.note(
        LogLevel::info,
        to_string(one.scope) + " is " + (one.disables ? "disabled" : "drained") +
            " no longer: the time for that is over",
        change_of(one.scope, one.disables ? command::Enable::kName : command::Resume::kName, ""));
    if (!one.disables) continue;
    const std::string& name = std::get<scope::Service>(one.scope).name;
    if (turn.state.services.contains(name)) forget_results_of_vips(turn, name);
  }
  evaluate_all(turn);
  turn.out.emplace_back(
      action::Remember{std::make_shared<const model::OperatorState>(turn.state.operators)});
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
