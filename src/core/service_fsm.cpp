#include "core/service_fsm.hpp"

#include <cmath>
#include <utility>
#include <vector>

#include "core/flap_damper.hpp"
#include "core/service_policy.hpp"
#include "core/vip/desired.hpp"
#include "vipherd/model/command.hpp"

namespace vipherd::core {
namespace {

using namespace model;

constexpr const char* kDisabled = "disabled";

ChecksResult ask_checks(const State& state, const std::string& name, const ServiceState& service) {
  std::vector<std::pair<std::string, const CheckState*>> checks;
  for (const CheckConfig& check : service.config->checks) {
    if (!check.advisory) checks.emplace_back(check.name, &state.checks.at({name, check.name}));
  }
  return evaluate_service(service.config->needs, checks);
}

std::string held_why(const DampingState& damping) {
  return "held down because it went down too often (penalty " +
         std::to_string(std::lround(damping.penalty)) + ")";
}

StateChange remark_on(const std::string& service) {
  return {.kind = StateChange::Kind::remark, .service = service};
}

/// Counts the times it went down, whether that was held back or not.
void watch_flaps(Turn& turn, const std::string& name, ServiceState& service, CheckHealth health) {
  const CheckHealth before = std::exchange(service.of_checks, health);
  if (!service.config->damping || before != CheckHealth::up || health != CheckHealth::down) return;
  const Damping& config = *service.config->damping;
  if (add_flap(service.damping, config, turn.now)) {
    turn.note(LogLevel::warning,
              "service " + name + " is " + held_why(service.damping) + ", for " +
                  format_duration(std::chrono::ceil<std::chrono::seconds>(
                      release_at(service.damping, config) - turn.now)) +
                  " if nothing flaps again",
              remark_on(name));
  }
  if (service.damping.held) {
    turn.state.alarms.set(ServiceAlarm{name}, release_at(service.damping, config));
  }
}

void take_result(Turn& turn, const std::string& name, ServiceState& service, ChecksResult result) {
  if (result.health == CheckHealth::undecided && service.outlived_reload) return;
  service.outlived_reload = false;
  watch_flaps(turn, name, service, result.health);
  if (service.damping.held && result.health == CheckHealth::up) {
    result = {CheckHealth::down, held_why(service.damping)};
  }
  if (result.health == service.health) {
    service.cause.reason = std::move(result.reason);  // another check may be to blame by now
    return;
  }
  service.health = result.health;
  service.was_up = service.was_up || service.health == CheckHealth::up;
  service.cause = {turn.now, std::move(result.reason)};
  turn.note(
      service.health == CheckHealth::up ? LogLevel::info : LogLevel::warning,
      "service " + name + " " + std::string(to_string(service.health)) + ": " +
          service.cause.reason,
      StateChange{
          .kind = StateChange::Kind::service, .service = name, .state = to_string(service.health)});
}

}  // namespace

bool evaluate(Turn& turn, const std::string& name, ServiceState& service) {
  if (turn.state.enables(service)) {
    take_result(turn, name, service, ask_checks(turn.state, name, service));
  } else if (service.health != CheckHealth::undecided || service.cause.reason != kDisabled) {
    service.health = service.of_checks = CheckHealth::undecided;
    service.cause = {turn.now, kDisabled};
  }
  return update_desired(turn.state, name, service, turn.now);
}

void release(Turn& turn, const std::string& name, ServiceState& service) {
  if (!service.damping.held) return;
  if (service.config->damping) {
    const TimePoint at = release_at(service.damping, *service.config->damping);
    if (turn.now < at) return turn.state.alarms.set(ServiceAlarm{name}, at);
  }
  service.damping.held = false;
  turn.note(LogLevel::info, "service " + name + " is not held down any more: it was quiet",
            remark_on(name));
}

void clear_damping(Turn& turn, const std::string& name, ServiceState& service,
                   const std::string& by) {
  const bool held = service.damping.held;
  service.damping = {};
  service.damping.at = turn.now;
  turn.state.alarms.set(ServiceAlarm{name}, std::nullopt);
  turn.note(LogLevel::info,
            "the penalty of service " + name + " for flapping was cleared by the operator" +
                model::in_brackets({.by = by}) + (held ? ": it is not held down any more" : ""),
            StateChange{.kind = StateChange::Kind::command,
                        .service = name,
                        .state = command::ClearDamping::kName,
                        .by = by});
}

}  // namespace vipherd::core
