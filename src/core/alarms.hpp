// Virtual alarm clocks: every check, service, VIP and the node as a whole own at most one.
// Reads no clock; the agent arms one real timer for next().
#pragma once

#include <map>
#include <optional>
#include <string>
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
  Alarms() = default;
  Alarms(Alarms&&) = default;
  Alarms& operator=(Alarms&&) = default;

  /// Replaces the owner's alarm; nullopt clears it.
  void set(const AlarmOwner& owner, std::optional<TimePoint> at);
  std::optional<TimePoint> next() const;
  /// Removes and returns the owners whose time has come: the earliest first, and of those at the
  /// same time the one that was set first.
  std::vector<AlarmOwner> take_due(TimePoint now);

 private:
  /// Names are compared once a change, times otherwise: with thousands of checks this is where the
  /// core's time would go. Points to the keys of by_owner_, which stay where they are.
  using ByTime = std::multimap<TimePoint, const AlarmOwner*>;
  ByTime by_time_;
  std::map<AlarmOwner, ByTime::iterator> by_owner_;
};

}  // namespace vipherd::core
