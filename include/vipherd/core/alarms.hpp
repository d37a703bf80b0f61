// Virtual alarm clocks: every check, service, VIP and the node as a whole own at most one.
// Reads no clock; the agent arms one real timer for next().
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "vipherd/base/duration.hpp"
#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/model/event.hpp"

namespace vipherd::core {

struct NodeAlarm {
  friend auto operator<=>(const NodeAlarm&, const NodeAlarm&) = default;
};
struct ServiceAlarm {
  std::string name;
  friend auto operator<=>(const ServiceAlarm&, const ServiceAlarm&) = default;
};
using AlarmOwner = std::variant<NodeAlarm, model::CheckId, ServiceAlarm, IpAddress>;

class Alarms {
 public:
  /// Replaces the owner's alarm; nullopt clears it.
  void set(const AlarmOwner& owner, std::optional<TimePoint> at);
  std::optional<TimePoint> next() const;
  /// Removes and returns the owners whose time has come, earliest first.
  std::vector<AlarmOwner> take_due(TimePoint now);

 private:
  std::map<AlarmOwner, TimePoint> by_owner_;
  std::set<std::pair<TimePoint, AlarmOwner>> by_time_;
};

}  // namespace vipherd::core
