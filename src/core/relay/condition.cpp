#include <utility>

#include "vipherd/core/relay_condition.hpp"

namespace vipherd::core {

using model::RelayState;

void RelayCondition::begun(const Result<void>& result, bool in_force) {
  begun_ = result;
  if (!result && in_force)
    begun_ = fail(result.error().what + "; what was in force before works on");
}

void RelayCondition::attached(const Result<void>& result) {
  const bool failed_before = std::exchange(attach_failed_before_, !result);
  if (result || failed_before) attached_ = result;
}

std::optional<RelayCondition::Shown> RelayCondition::settle(TimePoint now) {
  Shown next{RelayState::working, now, "connections of other nodes are passed on"};
  for (const Result<void>* each : {&begun_, &attached_, &vips_, &rings_}) {
    if (*each) continue;
    next.state = RelayState::failed;
    next.reason = each->error().what;
    break;
  }
  if (shown_ && shown_->state == next.state) {
    next.since = shown_->since;
    if (*shown_ == next) return std::nullopt;
  }
  shown_ = next;
  return next;
}

}  // namespace vipherd::core
