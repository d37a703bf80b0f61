#include "vipherd/model/status.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace vipherd::model {

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::notice:
      return "notice";
    case Severity::problem:
      return "problem";
  }
  return "";
}

std::string_view to_string(HealthState state) {
  switch (state) {
    case HealthState::healthy:
      return "healthy";
    case HealthState::drained:
      return "drained";
    case HealthState::unhealthy:
      return "unhealthy";
  }
  return "";
}

namespace {

/// Of a VIP that is announced to zebra. What one protocol does not carry the routers may not use at
/// all: whoever hears of other nodes by that protocol prefers those.
std::string lack_of(const VipStatus& vip) {
  const std::string& state = vip.reach.state;
  const std::string extent = state == "unreached" ? "advertised to none"
                             : state == "partly"  ? "advertised to some only"
                                                  : "announced, to whom is not known";
  return extent + ": " + vip.reach.why;
}

}  // namespace

Health judge(const Status& status) {
  Health health;
  health.problems = status.problems;
  const auto add = [&](Severity severity, std::string text) {
    health.problems.push_back({severity, std::move(text)});
  };
  std::set<std::string, std::less<>> up;
  for (const ServiceStatus& service : status.services) {
    if (!service.enabled) continue;
    if (service.verdict.state == "up") {
      up.insert(service.name);
      continue;
    }
    add(Severity::problem,
        "service " + service.name + " is " + service.verdict.state + ": " + service.verdict.why);
  }
  bool drained = false;
  for (const VipStatus& vip : status.vips) {
    if (vip.reach_alarm && vip.reach.state == "lingering") {
      add(Severity::problem, "VIP " + vip.vip + " is withdrawn, but " + vip.reach.why);
    }
    // Of a service that is down there is nothing more to say.
    if (!up.contains(vip.service)) continue;
    if (vip.drain) {
      drained = true;
      add(Severity::notice, "VIP " + vip.vip + " is drained: " + vip.drain->step.why);
      continue;
    }
    if (vip.announced.state == "announced") {
      if (vip.reach_alarm) add(Severity::problem, "VIP " + vip.vip + " is " + lack_of(vip));
      continue;
    }
    add(Severity::problem,
        "VIP " + vip.vip + " is " + vip.announced.state + ": " + vip.announced.why);
  }
  if (status.agent.state != "running") {
    add(Severity::problem, "agent is " + status.agent.state + ": " + status.agent.why);
  }
  const bool wrong = std::ranges::any_of(health.problems, [](const Problem& problem) {
    return problem.severity == Severity::problem;
  });
  health.state = wrong     ? HealthState::unhealthy
                 : drained ? HealthState::drained
                           : HealthState::healthy;
  return health;
}

}  // namespace vipherd::model
