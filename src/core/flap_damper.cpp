#include "core/flap_damper.hpp"

#include <algorithm>
#include <cmath>

namespace vipherd::core {
namespace {

constexpr double kFlap = 1000;

double half_lives(Duration time, const model::Damping& config) {
  return static_cast<double>(time.count()) / static_cast<double>(config.half_life.count());
}

/// What decays to `reuse` in max_hold.
double ceiling(const model::Damping& config) {
  return config.reuse * std::exp2(std::min(half_lives(config.max_hold, config), 1000.0));
}

}  // namespace

double penalty_at(const DampingState& damping, const model::Damping& config, TimePoint now) {
  if (now <= damping.at) return damping.penalty;
  return damping.penalty * std::exp2(-half_lives(now - damping.at, config));
}

bool add_flap(DampingState& damping, const model::Damping& config, TimePoint now) {
  damping.penalty = std::min(penalty_at(damping, config, now) + kFlap, ceiling(config));
  damping.at = now;
  const bool before = damping.held;
  damping.held = before || damping.penalty >= config.suppress;
  return damping.held && !before;
}

TimePoint release_at(const DampingState& damping, const model::Damping& config) {
  if (damping.penalty <= config.reuse) return damping.at;
  const double lives = std::log2(damping.penalty / config.reuse);
  const auto wait =
      static_cast<std::int64_t>(std::ceil(lives * static_cast<double>(config.half_life.count())));
  return damping.at + Duration(wait);
}

}  // namespace vipherd::core
