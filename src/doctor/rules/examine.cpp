#include <algorithm>
#include <array>

#include "doctor/rules/findings.hpp"

namespace vipherd::doctor {

bool concerns(Roles roles, Role role) {
  return roles == Roles::both || (roles == Roles::node) == (role == Role::node);
}

std::string_view to_string(Role role) { return role == Role::node ? "node" : "router"; }

std::string_view to_string(Roles roles) {
  switch (roles) {
    case Roles::node:
      return "node";
    case Roles::router:
      return "router";
    case Roles::both:
      break;
  }
  return "both";
}

std::string_view to_string(Severity severity) {
  return severity == Severity::problem ? "problem" : "notice";
}

std::string_view to_string(Certainty certainty) {
  switch (certainty) {
    case Certainty::looked_up:
      return "looked up";
    case Certainty::likely:
      return "likely";
    case Certainty::cannot_tell:
      break;
  }
  return "cannot tell";
}

std::span<const Topic> topics() {
  static const std::array kTopics{
      kConfigurationTopic, kEcmpTopic,      kAddressTopic,  kFilterTopic,
      kListenerTopic,      kManagerTopic,   kDaemonTopic,   kPolicyTopic,
      kStatementTopic,     kNeighbourTopic, kRouterIdTopic, kTimerTopic,
      kSavedTopic,         kSystemdTopic,   kRelayTopic,    kMptcpTopic};
  return kTopics;
}

namespace {

std::size_t counted_as(const Report& report, Severity severity) {
  return static_cast<std::size_t>(std::ranges::count_if(report.findings, [&](const Finding& one) {
    return one.certainty != Certainty::cannot_tell && one.rule->severity == severity;
  }));
}

}  // namespace

std::size_t Report::problems() const { return counted_as(*this, Severity::problem); }
std::size_t Report::notices() const { return counted_as(*this, Severity::notice); }
std::size_t Report::unknown() const { return findings.size() - problems() - notices(); }

Report examine(const Facts& facts) {
  Findings found(facts.role);
  for (const auto look :
       {look_at_configuration, look_at_ecmp, look_at_addresses, look_at_filters, look_at_listeners,
        look_at_managers, look_at_daemons, look_at_policy, look_at_statements, look_at_neighbours,
        look_at_router_ids, look_at_timers, look_at_saved, look_at_systemd, look_at_relay,
        look_at_mptcp}) {
    look(facts, found);
  }
  return {facts.host, facts.role, found.take()};
}

}  // namespace vipherd::doctor
