// What holds a service down that goes up and down: [services.NAME.damping].
#include <cmath>

#include "config/tables/service_tables.hpp"

namespace vipherd::config {
namespace {

using namespace std::chrono_literals;
using model::Damping;

constexpr std::int64_t kPenaltyOfAFlap = 1000;
constexpr std::int64_t kGreatestPenalty = 1'000'000;

}  // namespace

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

std::optional<Damping> read_damping(const Table& service_table, Errors& errors) {
  const auto table = find_table(service_table, errors, "damping");
  if (!table) return std::nullopt;
  Damping damping;
  const Given given = read_table(*table, damping_rows(), damping);
  const bool reuse = given.contains("reuse");
  if ((reuse || given.contains("suppress")) && damping.reuse >= damping.suppress) {
    table->find(reuse ? "reuse" : "suppress")
        ->error("expected reuse (" + std::to_string(damping.reuse) +
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
    at.error("expected a max_hold of at least " + format_duration(least) +
             ", in which the penalty decays from suppress to reuse, got " +
             format_duration(damping.max_hold));
  }
  return damping;
}

}  // namespace vipherd::config
