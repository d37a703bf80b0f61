#include "core/alarms.hpp"

#include <utility>

namespace vipherd::core {

void Alarms::set(const AlarmOwner& owner, std::optional<TimePoint> at) {
  if (!at) {
    const auto found = by_owner_.find(owner);
    if (found == by_owner_.end()) return;
    by_time_.erase(found->second);
    by_owner_.erase(found);
    return;
  }
  const auto [position, added] = by_owner_.try_emplace(owner);
  if (added) {
    position->second = by_time_.emplace(*at, &position->first);
  } else if (position->second->first != *at) {
    auto node = by_time_.extract(position->second);
    node.key() = *at;
    position->second = by_time_.insert(std::move(node));
  }
}

std::optional<TimePoint> Alarms::next() const {
  if (by_time_.empty()) return std::nullopt;
  return by_time_.begin()->first;
}

std::vector<AlarmOwner> Alarms::take_due(TimePoint now) {
  std::vector<AlarmOwner> due;
  while (!by_time_.empty() && by_time_.begin()->first <= now) {
    auto owner = by_owner_.extract(*by_time_.begin()->second);
    by_time_.erase(by_time_.begin());
    due.push_back(std::move(owner.key()));
  }
  return due;
}

}  // namespace vipherd::core
