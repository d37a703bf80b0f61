#include "cli/status_table.hpp"

#include "cli/state_colour.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"
#include "vipherd/base/join.hpp"
#include "vipherd/model/health.hpp"

namespace vipherd::cli {
namespace {

constexpr bool kOnlyWide = true;

template <class State>
Cell cell_of(const model::Condition<State>& fact) {
  return {std::string(to_string(fact.state)), colour_of(fact)};
}

Page render_facts(const model::Status& status, std::size_t width) {
  Table table{{{""}, {""}, {""}, {""}}, {}, 2, false};
  const auto add = [&](const char* name, const auto& fact) {
    table.rows.push_back({name, cell_of(fact), age(fact.since, status.now), fact.reason});
  };
  add("agent", status.agent);
  add("zebra", status.zebra);
  add("config", status.config);
  return render(table, width);
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

Page render_services(const model::Status& status, std::size_t width) {
  Table table{{{"SERVICE"}, {"STATE"}, {"FOR"}, {"HEALTH"}, {"VIPS"}, {"WHY"}}};
  for (const model::ServiceStatus& service : status.services) {
    table.rows.push_back(
        {service.name, cell_of(service.health), age(service.health.since, status.now),
         service.health_percent ? std::to_string(*service.health_percent) + "%" : "-",
         std::to_string(service.vips.size()), service.health.reason + flaps(service)});
  }
  return render(table, width);
}

Page render_checks(const model::Status& status, std::size_t width) {
  Table table{
      {{"CHECK"}, {"TYPE", kOnlyWide}, {"STATE"}, {"FOR"}, {"STREAK", kOnlyWide}, {"LAST RESULT"}}};
  for (const model::ServiceStatus& service : status.services) {
    for (const model::CheckStatus& check : service.checks) {
      table.rows.push_back(
          {service.name + "/" + check.name,
           check.type,
           {std::string(to_string(check.health.state)) + (check.advisory ? " (advisory)" : ""),
            colour_of(check.health)},
           age(check.health.since, status.now),
           streak(check),
           last_result(check, status.now)});
    }
  }
  return render(table, width);
}

/// Empty if there are none.
Page render_watches(const model::Status& status, std::size_t width) {
  Table table{{{"WATCHER"}, {"OF"}, {"TARGET"}, {"STATE"}, {"FOR"}, {"WHY"}}};
  for (const model::ServiceStatus& service : status.services) {
    for (const model::WatchStatus& watch : service.watches) {
      table.rows.push_back({std::string(to_string(watch.kind)),
                            service.name + (watch.check.empty() ? "" : "/" + watch.check),
                            watch.target, cell_of(watch.state), age(watch.state.since, status.now),
                            watch.state.reason});
    }
  }
  return table.rows.empty() ? Page{} : render(table, width);
}

bool is_lacking(const model::VipStatus& vip) {
  return vip.reach.state == model::Advertised::to_none ||
         vip.reach.state == model::Advertised::to_some ||
         vip.reach.state == model::Advertised::stale || vip.reach_alarm;
}

/// The announcement's reason; the attachment's before it where that is what is in the way.
std::string why(const model::VipStatus& vip) {
  // What is advertised as it should be needs no reason.
  if (is_lacking(vip)) return vip.reach.reason;
  const std::string& attached = vip.attached.reason;
  const bool in_the_way = vip.attached.state != model::AttachStep::attached && !attached.empty() &&
                          (vip.wanted || vip.announced.reason.empty());
  if (!in_the_way) return vip.announced.reason;
  if (vip.announced.reason.empty()) return attached;
  return attached + "; " + vip.announced.reason;
}

std::string_view advertised(const model::VipStatus& vip) {
  if (vip.reach.state == model::Advertised::to_all) return "to all";
  if (vip.reach.state == model::Advertised::to_some) return "to some";
  if (vip.reach.state == model::Advertised::to_none) return "to none";
  if (vip.reach.state == model::Advertised::stale) return "stale";
  return vip.announced.state == model::RouteStep::announced ? "unknown" : "-";
}

/// Where there is little room: not for a VIP with which all is as it is meant to be.
std::string why_in_short(const model::VipStatus& vip) {
  const bool as_meant = vip.announced.state == model::RouteStep::announced &&
                        vip.attached.state == model::AttachStep::attached && !is_lacking(vip) &&
                        !vip.drain && !vip.held;
  return as_meant ? "" : why(vip);
}

Page render_vips(const model::Status& status, std::size_t width) {
  Table table{{{"VIP"},
               {"SERVICE"},
               {"ATTACHED"},
               {"FOR", kOnlyWide},
               {"ANNOUNCED"},
               {"FOR"},
               {"ADVERTISED"},
               {"TAG", kOnlyWide},
               {"METRIC", kOnlyWide},
               {"WHY"}}};
  for (const model::VipStatus& vip : status.vips) {
    table.rows.push_back({vip.vip,
                          vip.service.empty() ? "-" : vip.service,
                          cell_of(vip.attached),
                          age(vip.attached.since, status.now),
                          {std::string(to_string(vip.announced.state)), colour_of_announced(vip)},
                          age(vip.announced.since, status.now),
                          {std::string(advertised(vip)), colour_of(vip.reach)},
                          std::to_string(vip.tag),
                          std::to_string(vip.metric),
                          width == kUnbounded ? why(vip) : why_in_short(vip)});
  }
  return render(table, width);
}

std::string connections_of(const model::SiblingStatus& sibling) {
  return std::to_string(sibling.connections_passed_on) + " passed on, " +
         std::to_string(sibling.connections_accepted) + " accepted, " +
         std::to_string(sibling.connections_unowned) + " unowned";
}

/// Empty if there is none.
Page render_relay(const model::Status& status, std::size_t width) {
  if (!status.relay) return {};
  const model::RelayStatus& relay = *status.relay;
  Table head{{{"RELAY"}, {"STATE"}, {"FOR"}, {"WHY"}}};
  head.rows.push_back({relay.own.empty() ? "-" : join(relay.own), cell_of(relay.state),
                       age(relay.state.since, status.now), relay.state.reason});
  Page page = render(head, width);
  Table table{{{"SIBLING"},
               {"STATE"},
               {"FOR"},
               {"ROUND TRIP"},
               {"PASSED ON"},
               {"ACCEPTED"},
               {"UNOWNED"},
               {"DROPPED", kOnlyWide},
               {"CONNECTIONS", kOnlyWide},
               {"WHY", kOnlyWide}}};
  for (const model::SiblingStatus& sibling : relay.siblings) {
    table.rows.push_back(
        {sibling.address, cell_of(sibling.state), age(sibling.state.since, status.now),
         sibling.round_trip ? format_duration(*sibling.round_trip) : "-",
         std::to_string(sibling.passed_on + sibling.forwarded), std::to_string(sibling.accepted),
         std::to_string(sibling.unowned), std::to_string(sibling.dropped), connections_of(sibling),
         sibling.state.reason});
  }
  if (table.rows.empty()) return page;
  page.push_back({"\n"});
  append(page, render(table, width));
  return page;
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

Page render_headline(const model::Status& status, model::HealthState state, std::size_t width) {
  const std::string node = printable(status.node) + ": ";
  const std::string rest = " (vipherd " + printable(status.version) + ", announcer " +
                           std::string(to_string(status.announcer)) + ")";
  const std::string health(headline(state));
  const std::string whole = node + health + rest;
  if (width_of(whole) > width) return {{paragraph(whole, width, 0)}};
  return {{node}, {health, colour_of(state)}, {rest + "\n"}};
}

/// Empty if there are none of this severity.
Page render_problems(const model::Health& health, model::Severity severity,
                     const std::string& title, Colour colour, std::size_t width) {
  Page page;
  for (const model::Problem& problem : health.problems) {
    if (problem.severity != severity) continue;
    if (page.empty()) page = {{"\n"}, {title, colour}, {"\n"}};
    page.push_back({paragraph(printable(problem.text), width, 2)});
  }
  return page;
}

}  // namespace

Page render_status(const model::Status& status, std::size_t width) {
  const model::Health health = model::evaluate(status);
  Page page = render_headline(status, health.state, width);
  append(page, render_facts(status, width));
  if (status.last_reaction) {
    page.push_back({"  the last change was sent to FRR " + format_duration(*status.last_reaction) +
                    " after its cause\n"});
  }
  for (const auto section :
       {render_services, render_checks, render_watches, render_vips, render_relay}) {
    const Page table = section(status, width);
    if (table.empty()) continue;
    page.push_back({"\n"});
    append(page, table);
  }
  using model::Severity;
  append(page, render_problems(health, Severity::problem, "PROBLEMS", Colour::red, width));
  append(page, render_problems(health, Severity::notice, "NOTICES", Colour::yellow, width));
  return page;
}

}  // namespace vipherd::cli
