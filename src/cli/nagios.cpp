#include "cli/nagios.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "vipherd/base/join.hpp"
#include "vipherd/base/printable.hpp"

namespace vipherd::cli {
namespace {

using namespace model;

enum class Level { ok, warning, critical, unknown };
constexpr std::array<const char*, 4> kLevels{"OK", "WARNING", "CRITICAL", "UNKNOWN"};

/// Longer lines are cut by what carries them (NRPE: 1 KiB, older ones).
constexpr std::size_t kLongestText = 400;

/// '|' begins the performance data.
std::string one_line(std::string_view text) {
  std::string line = printable(text);
  std::ranges::replace(line, '|', '/');
  if (line.size() <= kLongestText) return line;
  std::size_t end = kLongestText;
  while ((line[end] & 0xc0) == 0x80) --end;
  return line.substr(0, end) + "…";
}

NagiosResult result(Level level, std::string_view text, const std::string& data) {
  const auto index = static_cast<std::size_t>(level);
  return {static_cast<int>(index), std::string(kLevels[index]) + " - " + one_line(text) +
                                       (data.empty() ? "" : " | " + data)};
}

std::string figure(const std::string& name, std::ptrdiff_t value, std::size_t most) {
  return name + "=" + std::to_string(value) + ";;;0;" + std::to_string(most);
}

std::string performance(const Status& status, const Health& health) {
  const auto up = std::ranges::count_if(status.services, [](const ServiceStatus& each) {
    return each.health.state == ServiceHealth::up;
  });
  const auto announced = std::ranges::count_if(status.vips, [](const VipStatus& each) {
    return each.announced.state == RouteStep::announced;
  });
  const auto drained = std::ranges::count_if(
      status.vips, [](const VipStatus& each) { return each.drain.has_value(); });
  const auto problems = std::ranges::count(health.problems, Severity::problem, &Problem::severity);
  const auto notices = std::ranges::count(health.problems, Severity::notice, &Problem::severity);
  return figure("services_up", up, status.services.size()) + " " +
         figure("vips_announced", announced, status.vips.size()) + " " +
         figure("vips_drained", drained, status.vips.size()) +
         " problems=" + std::to_string(problems) + ";;;0; notices=" + std::to_string(notices) +
         ";;;0;";
}

/// Services of which every VIP is announced although the service is down.
std::set<std::string> held_services(const Status& status) {
  std::set<std::string> held;
  for (const VipStatus& vip : status.vips) {
    if (vip.held) held.insert(vip.service);
  }
  for (const VipStatus& vip : status.vips) {
    if (!vip.held || vip.announced.state != RouteStep::announced || vip.reach_alarm)
      held.erase(vip.service);
  }
  return held;
}

std::string joined_texts(const std::vector<const Problem*>& problems) {
  return join(problems, "; ", &Problem::text);
}

}  // namespace

NagiosResult nagios_result(const Status& status, const Strictness& strictness) {
  const Health health = evaluate(status);
  const std::set<std::string> held = held_services(status);
  std::vector<const Problem*> act;   // an operator has to
  std::vector<const Problem*> know;  // it is as well as it can be
  for (const Problem& problem : health.problems) {
    const bool is_held = !problem.service.empty() && held.contains(problem.service);
    (problem.severity == Severity::problem && !is_held ? act : know).push_back(&problem);
  }
  const std::string data = performance(status, health);
  const std::string node = status.node + ": ";
  if (!act.empty()) return result(Level::critical, node + joined_texts(act), data);
  const bool warn = health.state != HealthState::healthy || (strictness.notices && !know.empty());
  if (warn) return result(Level::warning, node + joined_texts(know), data);
  const std::string rest = know.empty() ? "" : "; " + joined_texts(know);
  return result(Level::ok, node + "every service is up and every VIP announced" + rest, data);
}

NagiosResult nagios_unknown(const std::string& why) { return result(Level::unknown, why, ""); }

}  // namespace vipherd::cli
