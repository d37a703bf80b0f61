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
using Verb = event::OperatorCommand::Verb;
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

void enable(Turn& turn, const std::string& name, ServiceState& service, bool enabled) {
  auto& disabled = turn.state.operators.disabled;
  const bool changed = enabled ? disabled.erase(name) > 0 : disabled.insert(name).second;
  if (!changed) return;
  turn.note(LogLevel::info,
            "service " + name + (enabled ? " enabled" : " disabled") + " by the operator");
  if (enabled) forget_results_of_vips(turn, name);
  judge(turn, name, service);
  reconcile_vips_of(turn, service);
}

void apply_to_service(Turn& turn, Verb verb, const std::string& name, ServiceState& service) {
  switch (verb) {
    case Verb::probe_now:
      return probe_all(turn, name);
    case Verb::disable:
    case Verb::enable:
      return enable(turn, name, service, verb == Verb::enable);
    case Verb::clear_damping:
      clear_damping(turn, name, service);
      if (judge(turn, name, service)) reconcile_vips_of(turn, service);
      return;
    case Verb::drain:
    case Verb::resume:
    case Verb::set_weight:
      return;  // these concern more than services
  }
}

void note_command(Turn& turn, const event::OperatorCommand& command) {
  const std::string verb = command.verb == Verb::drain    ? " is to be drained"
                           : command.verb == Verb::resume ? " is to return"
                           : command.weight == 0
                               ? " has its configured weight again"
                               : " gets the weight " + std::to_string(command.weight);
  turn.note(LogLevel::info, to_string(command.scope) + verb + ", by the operator");
}

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

}  // namespace

void on_command(Turn& turn, const event::OperatorCommand& command) {
  const OperatorState before = turn.state.operators;
  switch (command.verb) {
    case Verb::drain:
    case Verb::resume:
    case Verb::set_weight:
      took_word(turn.state.operators, command);
      note_command(turn, command);
      evaluate_all(turn);
      break;
    case Verb::disable:
    case Verb::enable:
    case Verb::probe_now:
    case Verb::clear_damping:
      for (auto& [name, service] : turn.state.services) {
        if (concerns(command.scope, name)) apply_to_service(turn, command.verb, name, service);
      }
      break;
  }
  if (turn.state.operators != before) {
    turn.out.emplace_back(action::Remember{turn.state.operators});
  }
}

std::optional<Refusal> refusal_of_command(const State& state, const event::OperatorCommand& command,
                                          TimePoint now) {
  if (state.config == nullptr) return Refusal{Kind::not_running, "the agent is starting"};
  if (is_stopping(state)) return Refusal{Kind::not_running, "the agent is stopping"};
  if (auto unknown = find_unknown(state, command.scope)) return unknown;
  const auto* named = std::get_if<scope::Service>(&command.scope);
  if (named != nullptr && command.verb == Verb::enable &&
      !state.services.find(named->name)->second.config->enabled) {
    return Refusal{Kind::not_now, "service " + named->name +
                                      " is disabled by the configuration (enabled = false)"};
  }
  if (command.verb != Verb::drain || command.force) return std::nullopt;
  const std::string objection = drain_objection(state, command, now);
  if (objection.empty()) return std::nullopt;
  return Refusal{Kind::not_now, "not drained: " + objection + " (--force drains all the same)"};
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
