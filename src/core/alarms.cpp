#include "vipherd/core/alarms.hpp"

namespace vipherd::core {

void Alarms::set(const AlarmOwner& owner, std::optional<TimePoint> at) {
  const auto found = by_owner_.find(owner);
  if (found != by_owner_.end()) {
    if (at == found->second) return;
    by_time_.erase({found->second, owner});
    by_owner_.erase(found);
  }
  if (!at) return;
  by_owner_.emplace(owner, *at);
  by_time_.emplace(*at, owner);
}

std::optional<TimePoint> Alarms::next() const {
  if (by_time_.empty()) return std::nullopt;
  return by_time_.begin()->first;
}

std::vector<AlarmOwner> Alarms::take_due(TimePoint now) {
  std::vector<AlarmOwner> due;
  while (!by_time_.empty() && by_time_.begin()->first <= now) {
    due.push_back(by_time_.begin()->second);
    by_owner_.erase(by_time_.begin()->second);
    by_time_.erase(by_time_.begin());
  }
  return due;
}

}  // namespace vipherd::core
