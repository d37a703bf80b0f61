#include "config/service_tables.hpp"

#include <algorithm>
#include <cmath>

#include "config/keys.hpp"
#include "config/readers.hpp"
#include "vipherd/base/unit_name.hpp"

namespace vipherd::config {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kPenaltyOfAFlap = 1000;
constexpr std::uint32_t kGreatestPenalty = 1'000'000;

std::optional<std::string> read_unit_name(const Value& value) {
  const std::string expected = "the name of a systemd unit such as \"nginx.service\"";
  auto text = value.text(expected);
  if (!text) return std::nullopt;
  if (is_unit_name(*text)) return text;
  value.expected(expected);
  return std::nullopt;
}

}  // namespace

std::optional<model::Damping> read_damping(const Table& service, Faults& faults) {
  const Value* value = service.find("damping");
  if (value == nullptr) return std::nullopt;
  Table table(faults, *value);
  if (!value->node().is_table()) return std::nullopt;
  table.allow({keys::kDamping.begin(), keys::kDamping.end()});
  model::Damping damping;
  table.read("half_life", damping.half_life, duration_between(1s, 1h));
  const bool suppress =
      table.read("suppress", damping.suppress,
                 integer_between<std::uint32_t>(kPenaltyOfAFlap, kGreatestPenalty));
  const bool reuse =
      table.read("reuse", damping.reuse, integer_between<std::uint32_t>(1, kGreatestPenalty));
  const bool hold = table.read("max_hold", damping.max_hold, duration_between(1s, 24h));
  if ((suppress || reuse) && damping.reuse >= damping.suppress) {
    table.find(reuse ? "reuse" : "suppress")
        ->fault("expected reuse (" + std::to_string(damping.reuse) +
                ") to be less than suppress (" + std::to_string(damping.suppress) + ")");
    return damping;
  }
  // The penalty is bounded by what decays within max_hold: it must be able to reach `suppress`.
  const double lives = std::log2(static_cast<double>(damping.suppress) / damping.reuse);
  const Duration least = std::chrono::ceil<std::chrono::seconds>(
      Duration(std::llround(lives * static_cast<double>(damping.half_life.count()))));
  if (damping.max_hold < least) {
    (hold ? *table.find("max_hold") : *value)
        .fault("expected a max_hold of at least " + format_duration(least) +
               ", in which the penalty decays from suppress to reuse, got " +
               format_duration(damping.max_hold));
  }
  return damping;
}

void read_watch(const Table& service_table, Faults& faults, model::ServiceConfig& service) {
  const Value* value = service_table.find("watch");
  if (value == nullptr) return;
  Table table(faults, *value);
  if (!value->node().is_table()) return;
  table.allow({keys::kWatch.begin(), keys::kWatch.end()});
  table.read("unit", service.watch.unit, read_unit_name);
  table.read("pid_file", service.watch.pid_file, read_absolute_path);
  if (table.find("unit") == nullptr && table.find("pid_file") == nullptr) {
    table.fault("has nothing to watch, expected unit or pid_file");
  }
}

}  // namespace vipherd::config
