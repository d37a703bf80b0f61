// The tables within a service that hold it down, keep others up, or have it probed.
#include "config/service_tables.hpp"

#include <algorithm>
#include <cmath>

#include "vipherd/base/unit_name.hpp"

namespace vipherd::config {
namespace {

using namespace std::chrono_literals;
using model::Damping;
using model::ServiceWatch;

constexpr std::int64_t kPenaltyOfAFlap = 1000;
constexpr std::int64_t kGreatestPenalty = 1'000'000;

}  // namespace

const Rows<model::Guard>& guard_rows() {
  static const Rows<model::Guard> rows{
      {"min_announcers", &model::Guard::min_announcers, integer(0, 1000),
       "a drain that leaves fewer other nodes announcing one of the VIPs is refused, unless "
       "forced; so is one where the others cannot be seen. 0: none is"},
  };
  return rows;
}

const Rows<Damping>& damping_rows() {
  static const Rows<Damping> rows{
      {"half_life", &Damping::half_life, duration(1s, 1h), "the penalty is half as large after it"},
      {"suppress", &Damping::suppress, integer(kPenaltyOfAFlap, kGreatestPenalty),
       "the penalty from which the service is held down"},
      {"reuse", &Damping::reuse, integer(1, kGreatestPenalty),
       "the penalty at which it returns; less than `suppress`"},
      {"max_hold", &Damping::max_hold, duration(1s, 24h),
       "it is never held longer than this after it last went down"},
  };
  return rows;
}

const Rows<ServiceWatch>& watch_rows() {
  static const Rows<ServiceWatch> rows{
      {"unit", &ServiceWatch::unit,
       or_absent(text("name of a systemd unit",
                      "the name of a systemd unit such as \"nginx.service\"", is_unit_name)),
       "probe when the unit's state changes, over D-Bus, and when its main process ends: "
       "`\"nginx.service\"`"},
      {"pid_file", &ServiceWatch::pid_file, or_absent(absolute_path()),
       "probe when the process with this file's number ends, and when the file names another "
       "process that runs: `\"/run/nginx.pid\"`"},
  };
  return rows;
}

std::optional<Damping> read_damping(const Table& service_table, Faults& faults) {
  const auto table = find_table(service_table, faults, "damping");
  if (!table) return std::nullopt;
  Damping damping;
  const Given given = read_table(*table, damping_rows(), damping);
  const bool reuse = given.contains("reuse");
  if ((reuse || given.contains("suppress")) && damping.reuse >= damping.suppress) {
    table->find(reuse ? "reuse" : "suppress")
        ->fault("expected reuse (" + std::to_string(damping.reuse) +
                ") to be less than suppress (" + std::to_string(damping.suppress) + ")");
    return damping;
  }
  // The penalty is bounded by what decays within max_hold: it must be able to reach `suppress`.
  const double lives = std::log2(static_cast<double>(damping.suppress) / damping.reuse);
  const Duration least = std::chrono::ceil<std::chrono::seconds>(
      Duration(std::llround(lives * static_cast<double>(damping.half_life.count()))));
  if (damping.max_hold < least) {
    const Value& at =
        *(given.contains("max_hold") ? table->find("max_hold") : service_table.find("damping"));
    at.fault("expected a max_hold of at least " + format_duration(least) +
             ", in which the penalty decays from suppress to reuse, got " +
             format_duration(damping.max_hold));
  }
  return damping;
}

void read_watch(const Table& service_table, Faults& faults, ServiceWatch& watch) {
  const auto table = find_table(service_table, faults, "watch");
  if (!table) return;
  read_table(*table, watch_rows(), watch);
  if (table->find("unit") == nullptr && table->find("pid_file") == nullptr) {
    table->fault("has nothing to watch, expected unit or pid_file");
  }
}

void read_guard(const Table& service_table, Faults& faults, model::Guard& guard) {
  if (const auto table = find_table(service_table, faults, "guard")) {
    read_table(*table, guard_rows(), guard);
  }
}

}  // namespace vipherd::config
