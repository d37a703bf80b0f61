#include "vipherd/model/health.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace vipherd::model {

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

constexpr std::uint32_t kFullWeight = 100;

using Vips = std::vector<const VipStatus*>;

/// Of one service, before what it shares with all others is added.
struct Findings {
  std::vector<Problem> problems;
  bool drained = false;         ///< an operator has taken something out
  bool off = false;             ///< for good, by the configuration
  bool to_be_announced = true;  ///< some VIP of it, once the service is up

  void add(Severity severity, std::string text) { problems.push_back({severity, std::move(text)}); }
};

bool has_problem(const std::vector<Problem>& problems) {
  return std::ranges::any_of(
      problems, [](const Problem& found) { return found.severity == Severity::problem; });
}

HealthState state_of(const std::vector<Problem>& problems, bool drained) {
  if (has_problem(problems)) return HealthState::unhealthy;
  return drained ? HealthState::drained : HealthState::healthy;
}

void append(std::vector<Problem>& target, const std::vector<Problem>& more) {
  target.insert(target.end(), more.begin(), more.end());
}

/// Of a VIP that is announced to zebra. What one protocol does not carry the routers may not use at
/// all: a router that hears of other nodes by that protocol prefers those.
std::string lack_of(const VipStatus& vip) {
  const Advertised step = vip.reach.state;
  const std::string extent = step == Advertised::to_none   ? "advertised to none"
                             : step == Advertised::to_some ? "advertised to some only"
                                                           : "announced, to whom is not known";
  return extent + ": " + vip.reach.reason;
}

/// Whatever the VIP is meant to be: routers send packets here that no service wants.
std::optional<Problem> find_stale(const VipStatus& vip) {
  if (!vip.reach_alarm || vip.reach.state != Advertised::stale) return std::nullopt;
  return Problem{Severity::problem, "VIP " + vip.vip + " is withdrawn, but " + vip.reach.reason};
}

void find_in_disabled(const ServiceStatus& service, Findings& findings) {
  const bool by_operator = service.disabled_by == DisabledBy::an_operator;
  findings.add(Severity::notice,
               "service " + service.name + " is disabled " + service.health.reason);
  findings.drained = by_operator;
  findings.off = !by_operator;
  findings.to_be_announced = false;
}

/// What the health leaves out: of a service that is up what it can do without, of any what only
/// advises, and what will fail one day.
void find_in_check(const ServiceStatus& service, const CheckStatus& check, Findings& findings) {
  const std::string who = "check " + service.name + "/" + check.name;
  if (check.health.state == CheckHealth::down &&
      (check.advisory || service.health.state == ServiceHealth::up)) {
    findings.add(Severity::notice, who + " is down" +
                                       (check.advisory ? " (advisory)" : " and not needed") + ": " +
                                       check.health.reason);
  }
  if (check.last && !check.last->warning.empty()) {
    findings.add(Severity::notice, who + " warns: " + check.last->warning);
  }
}

/// `told`: what the core says of the service; a VIP that is not announced for it is not told again.
void find_in_vip(const ServiceStatus& service, const VipStatus& vip,
                 const std::vector<Problem>& told, Findings& findings) {
  if (vip.drain) {
    findings.drained = true;
    findings.add(Severity::notice, "VIP " + vip.vip + " is drained: " + vip.drain->step.reason);
    return;
  }
  if (service.health.state != ServiceHealth::up) {
    // Of a service that is down there is no more to say, unless it is announced all the same.
    if (!vip.held) return;
    findings.add(Severity::problem,
                 "VIP " + vip.vip +
                     " is held, as least preferred (on_all_down): its service is down, and no "
                     "other node announces it");
  }
  if (vip.announced.state != RouteStep::announced) {
    if (std::ranges::find(told, vip.announced.reason, &Problem::text) != told.end()) return;
    findings.add(Severity::problem, "VIP " + vip.vip + " is " +
                                        std::string(to_string(vip.announced.state)) + ": " +
                                        vip.announced.reason);
  } else if (vip.reach_alarm) {
    findings.add(Severity::problem, "VIP " + vip.vip + " is " + lack_of(vip));
  }
}

void find_in_enabled(const ServiceStatus& service, const Vips& vips,
                     const std::vector<Problem>& told, Findings& findings) {
  const bool all_drained = !vips.empty() && std::ranges::all_of(vips, [](const VipStatus* vip) {
    return vip->drain.has_value();
  });
  findings.to_be_announced = !all_drained;
  if (service.health.state != ServiceHealth::up) {
    // An operator who drains a node to work on its service knows that it is down.
    findings.add(all_drained ? Severity::notice : Severity::problem,
                 "service " + service.name + " is " + std::string(to_string(service.health.state)) +
                     (all_drained ? " while its VIPs are drained: " : ": ") +
                     service.health.reason);
  }
  for (const CheckStatus& check : service.checks) find_in_check(service, check, findings);
  for (const VipStatus* vip : vips) find_in_vip(service, *vip, told, findings);
  if (service.operator_weight && *service.operator_weight < kFullWeight) {
    findings.add(Severity::notice, "the operator gives service " + service.name + " a weight of " +
                                       std::to_string(*service.operator_weight) + "%");
  }
}

Findings find_in_service(const ServiceStatus& service, const Vips& vips,
                         const std::vector<Problem>& told) {
  Findings findings;
  if (service.enabled) {
    find_in_enabled(service, vips, told, findings);
  } else {
    find_in_disabled(service, findings);
  }
  for (const VipStatus* vip : vips) {
    if (const auto stale = find_stale(*vip)) findings.problems.push_back(*stale);
  }
  return findings;
}

std::string said_of_node(const Status& status) {
  for (const InstructionStatus& one : status.instructions) {
    if (std::holds_alternative<scope::Node>(one.scope)) return in_brackets(one.instruction);
  }
  return "";
}

/// What concerns the node and each of its services. Without zebra nothing is announced, which is a
/// problem where something should be: FRR may well be restarted on a node that is drained.
std::vector<Problem> shared_by_all(const Status& status, bool to_be_announced) {
  std::vector<Problem> found;
  if (status.agent.state != Phase::running) {
    found.push_back({Severity::problem, "agent is " + std::string(to_string(status.agent.state)) +
                                            ": " + status.agent.reason});
  }
  if (status.zebra.state == ZebraConnection::disconnected) {
    found.push_back({to_be_announced ? Severity::problem : Severity::notice,
                     "zebra is not connected: " + status.zebra.reason});
  }
  if (status.drained) {
    found.push_back({Severity::notice, "the operator drains this node" + said_of_node(status)});
  }
  if (status.operator_weight && *status.operator_weight < kFullWeight) {
    found.push_back({Severity::notice, "the operator gives this node a weight of " +
                                           std::to_string(*status.operator_weight) + "%"});
  }
  return found;
}

/// Nothing is announced the less for it; but the next change of the routes costs connections.
void find_in_relay(const Status& status, std::vector<Problem>& found) {
  if (!status.relay) return;
  if (status.relay->state.state == RelayState::failed) {
    found.push_back({Severity::problem, "the relay does not work: " + status.relay->state.reason});
    return;
  }
  for (const SiblingStatus& sibling : status.relay->siblings) {
    if (sibling.state.state != SiblingState::silent) continue;
    found.push_back({Severity::notice, "the relay's sibling " + sibling.address +
                                           " is silent: " + sibling.state.reason});
  }
}

/// The running configuration is in force, so nothing is wrong yet; but the next restart would fail.
void find_in_configuration(const Status& status, std::vector<Problem>& found) {
  if (status.config.state != ConfigState::rejected) return;
  found.push_back({Severity::notice,
                   "the last reload was rejected, the configuration from before it is in force: " +
                       status.config.reason});
}

}  // namespace

HealthReport report_health(const Status& status) {
  std::map<std::string_view, Vips> vips_of;
  for (const VipStatus& vip : status.vips) vips_of[vip.service].push_back(&vip);
  HealthReport report;
  for (const ServiceStatus& service : status.services) report.services[service.name];
  std::map<std::string_view, std::vector<Problem>> told_of;
  for (const Problem& problem : status.problems) {
    const bool is_of_service = report.services.contains(problem.service);
    told_of[is_of_service ? std::string_view(problem.service) : ""].push_back(problem);
  }

  std::vector<Problem> of_services;
  bool drained = status.drained;
  bool to_be_announced = false;
  for (const ServiceStatus& service : status.services) {
    Findings findings = find_in_service(service, vips_of[service.name], told_of[service.name]);
    append(findings.problems, told_of[service.name]);
    for (Problem& problem : findings.problems) problem.service = service.name;
    append(of_services, findings.problems);
    drained = drained || findings.drained;
    to_be_announced = to_be_announced || findings.to_be_announced;
    Health& health = report.services.at(service.name);
    health.problems = shared_by_all(status, findings.to_be_announced);
    append(health.problems, findings.problems);
    health.state = state_of(health.problems, findings.drained || findings.off);
  }

  Health& node = report.node;
  node.problems = shared_by_all(status, to_be_announced);
  append(node.problems, told_of[""]);
  find_in_configuration(status, node.problems);
  find_in_relay(status, node.problems);
  append(node.problems, of_services);
  // Those that are no longer configured.
  for (const VipStatus* vip : vips_of[""]) {
    if (const auto stale = find_stale(*vip)) node.problems.push_back(*stale);
  }
  node.state = state_of(node.problems, drained);
  return report;
}

Health evaluate(const Status& status) { return report_health(status).node; }

bool is_failure(const Health& health, const Strictness& strictness) {
  if (strictness.problems && health.state == HealthState::unhealthy) return true;
  if (strictness.drained && health.state == HealthState::drained) return true;
  return strictness.notices && !health.problems.empty();
}

}  // namespace vipherd::model
