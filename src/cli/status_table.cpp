#include "cli/status_table.hpp"

#include "cli/text.hpp"
#include "vipherd/model/health.hpp"

namespace vipherd::cli {
namespace {

Row fact_row(const std::string& name, const model::Fact& fact, WallTime now) {
  return {name, fact.state, age(fact.since, now), fact.why};
}

std::string last_result(const model::CheckStatus& check, WallTime now) {
  if (!check.last) return "not probed yet";
  const std::string ago = age(check.last->at, now);
  return std::string(check.last->pass ? "pass" : "fail") + " in " +
         format_duration(check.last->latency) + ", " + ago + " ago: " + check.last->reason +
         (check.last->warning.empty() ? "" : "; WARNING: " + check.last->warning);
}

std::string streak(const model::CheckStatus& check) {
  if (check.passes > 0) return std::to_string(check.passes) + " passed";
  if (check.fails > 0) return std::to_string(check.fails) + " failed";
  return "-";
}

/// What flap damping has to say, if it has.
std::string flaps(const model::ServiceStatus& service) {
  if (!service.damping || service.damping->penalty == 0) return "";
  const std::string penalty = "penalty for flapping " + std::to_string(service.damping->penalty);
  if (!service.damping->held) return "; " + penalty;
  return "; " + penalty + ", held for another " +
         format_duration(std::chrono::ceil<std::chrono::seconds>(service.damping->hold_left));
}

std::string render_services(const model::Status& status) {
  std::vector<Row> rows{{"SERVICE", "STATE", "FOR", "HEALTH", "VIPS", "WHY"}};
  for (const model::ServiceStatus& service : status.services) {
    rows.push_back({service.name, service.verdict.state, age(service.verdict.since, status.now),
                    service.health ? std::to_string(*service.health) + "%" : "-",
                    std::to_string(service.vips.size()), service.verdict.why + flaps(service)});
  }
  return align(rows);
}

std::string render_checks(const model::Status& status) {
  std::vector<Row> rows{{"CHECK", "TYPE", "STATE", "FOR", "STREAK", "LAST RESULT"}};
  for (const model::ServiceStatus& service : status.services) {
    for (const model::CheckStatus& check : service.checks) {
      rows.push_back({service.name + "/" + check.name, check.type,
                      check.verdict.state + (check.advisory ? " (advisory)" : ""),
                      age(check.verdict.since, status.now), streak(check),
                      last_result(check, status.now)});
    }
  }
  return align(rows);
}

/// Empty if there are none.
std::string render_watches(const model::Status& status) {
  std::vector<Row> rows{{"WATCHER", "OF", "TARGET", "STATE", "FOR", "WHY"}};
  for (const model::ServiceStatus& service : status.services) {
    for (const model::WatchStatus& watch : service.watches) {
      rows.push_back({watch.kind, service.name + (watch.check.empty() ? "" : "/" + watch.check),
                      watch.target, watch.state.state, age(watch.state.since, status.now),
                      watch.state.why});
    }
  }
  return rows.size() > 1 ? "\n" + align(rows) : "";
}

/// The announcement's reason; the attachment's before it where that is what is in the way.
std::string why(const model::VipStatus& vip) {
  // What is advertised as it should be needs no reason.
  const bool lacking = vip.reach.state == "unreached" || vip.reach.state == "partly" ||
                       vip.reach.state == "lingering" || vip.reach_alarm;
  if (lacking) return printable(vip.reach.why);
  const std::string& attached = vip.attached.why;
  const bool in_the_way = vip.attached.state != "attached" && !attached.empty() &&
                          (vip.wanted || vip.announced.why.empty());
  if (!in_the_way) return vip.announced.why;
  if (vip.announced.why.empty()) return attached;
  return attached + "; " + vip.announced.why;
}

std::string_view advertised(const model::VipStatus& vip) {
  if (vip.reach.state == "reached") return "to all";
  if (vip.reach.state == "partly") return "to some";
  if (vip.reach.state == "unreached") return "to none";
  if (vip.reach.state == "lingering") return "stale";
  return vip.announced.state == "announced" ? "unknown" : "-";
}

std::string render_vips(const model::Status& status) {
  std::vector<Row> rows{{"VIP", "SERVICE", "ATTACHED", "FOR", "ANNOUNCED", "FOR", "ADVERTISED",
                         "TAG", "METRIC", "WHY"}};
  for (const model::VipStatus& vip : status.vips) {
    rows.push_back({vip.vip, vip.service.empty() ? "-" : vip.service, vip.attached.state,
                    age(vip.attached.since, status.now), vip.announced.state,
                    age(vip.announced.since, status.now), std::string(advertised(vip)),
                    std::to_string(vip.tag), std::to_string(vip.metric), why(vip)});
  }
  return align(rows);
}

std::string_view headline(model::HealthState state) {
  switch (state) {
    case model::HealthState::healthy:
      return "healthy";
    case model::HealthState::drained:
      return "drained";
    case model::HealthState::unhealthy:
      return "NOT HEALTHY";
  }
  return "";
}

/// Empty if there are none of this severity.
std::string render_problems(const model::Health& health, model::Severity severity,
                            std::string_view title) {
  std::string text;
  for (const model::Problem& problem : health.problems) {
    if (problem.severity == severity) text += "  " + printable(problem.text) + "\n";
  }
  return text.empty() ? text : "\n" + std::string(title) + "\n" + text;
}

}  // namespace

std::string render_status(const model::Status& status) {
  const model::Health health = model::judge(status);
  std::string text = printable(status.node) + ": " + std::string(headline(health.state)) +
                     " (vipherd " + printable(status.version) + ", announcer " +
                     printable(status.announcer) + ")\n";
  text += align(
      {fact_row("agent", status.agent, status.now), fact_row("zebra", status.zebra, status.now),
       fact_row("config", status.config, status.now)},
      2);
  if (status.last_reaction) {
    text += "  the last change was sent to FRR " + format_duration(*status.last_reaction) +
            " after its cause\n";
  }
  text += "\n" + render_services(status);
  text += "\n" + render_checks(status);
  text += render_watches(status);
  text += "\n" + render_vips(status);
  text += render_problems(health, model::Severity::problem, "PROBLEMS");
  text += render_problems(health, model::Severity::notice, "NOTICES");
  return text;
}

}  // namespace vipherd::cli
