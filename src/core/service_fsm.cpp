#include "core/service_fsm.hpp"

#include <cmath>
#include <utility>
#include <vector>

#include "core/flap_damper.hpp"
#include "core/service_policy.hpp"
#include "core/wishes.hpp"

namespace vipherd::core {
namespace {

using namespace model;

constexpr const char* kDisabled = "disabled";

Opinion ask_checks(const State& state, const std::string& name, const ServiceState& service) {
  std::vector<std::pair<std::string, const CheckState*>> checks;
  for (const CheckConfig& check : service.config->checks) {
    if (!check.advisory) checks.emplace_back(check.name, &state.checks.at({name, check.name}));
  }
  return judge_service(service.config->needs, checks);
}

std::string held_why(const DampingState& damping) {
  return "held down because it went down too often (penalty " +
         std::to_string(std::lround(damping.penalty)) + ")";
}

/// Counts the times it went down, whether that was held back or not.
void watch_flaps(State& state, const std::string& name, ServiceState& service, Verdict opinion,
                 TimePoint now, Actions& out) {
  const Verdict before = std::exchange(service.opinion, opinion);
  if (!service.config->damping || before != Verdict::up || opinion != Verdict::down) return;
  const Damping& config = *service.config->damping;
  if (add_flap(service.damping, config, now)) {
    out.emplace_back(action::Note{
        LogLevel::warning, "service " + name + " is " + held_why(service.damping) + ", for " +
                               format_duration(std::chrono::ceil<std::chrono::seconds>(
                                   release_at(service.damping, config) - now)) +
                               " if nothing flaps again"});
  }
  if (service.damping.held) {
    state.alarms.set(ServiceAlarm{name}, release_at(service.damping, config));
  }
}

void take_opinion(State& state, const std::string& name, ServiceState& service, Opinion opinion,
                  TimePoint now, Actions& out) {
  if (opinion.verdict == Verdict::undecided && service.outlived_reload) return;
  service.outlived_reload = false;
  watch_flaps(state, name, service, opinion.verdict, now, out);
  if (service.damping.held && opinion.verdict == Verdict::up) {
    opinion = {Verdict::down, held_why(service.damping)};
  }
  if (opinion.verdict == service.verdict) {
    service.cause.why = std::move(opinion.why);  // another check may be to blame by now
    return;
  }
  service.verdict = opinion.verdict;
  service.was_up = service.was_up || service.verdict == Verdict::up;
  service.cause = {now, std::move(opinion.why)};
  out.emplace_back(action::Note{service.verdict == Verdict::up ? LogLevel::info : LogLevel::warning,
                                "service " + name + " " + std::string(to_string(service.verdict)) +
                                    ": " + service.cause.why});
}

}  // namespace

bool judge(State& state, const std::string& name, ServiceState& service, TimePoint now,
           Actions& out) {
  if (state.enables(service)) {
    take_opinion(state, name, service, ask_checks(state, name, service), now, out);
  } else if (service.verdict != Verdict::undecided || service.cause.why != kDisabled) {
    service.verdict = service.opinion = Verdict::undecided;
    service.cause = {now, kDisabled};
  }
  return wish(state, name, service, now);
}

void release(State& state, const std::string& name, ServiceState& service, TimePoint now,
             Actions& out) {
  if (!service.damping.held) return;
  if (service.config->damping) {
    const TimePoint at = release_at(service.damping, *service.config->damping);
    if (now < at) return state.alarms.set(ServiceAlarm{name}, at);
  }
  service.damping.held = false;
  out.emplace_back(
      action::Note{LogLevel::info, "service " + name + " is not held down any more: it was quiet"});
}

void clear_damping(State& state, const std::string& name, ServiceState& service, TimePoint now,
                   Actions& out) {
  const bool held = service.damping.held;
  service.damping = {};
  service.damping.at = now;
  state.alarms.set(ServiceAlarm{name}, std::nullopt);
  out.emplace_back(
      action::Note{LogLevel::info, "the penalty of service " + name +
                                       " for flapping was cleared by the operator" +
                                       (held ? ": it is not held down any more" : "")});
}

}  // namespace vipherd::core
