// What has happened, for those who look later: "events" for operators and for the API.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "vipherd/base/duration.hpp"
#include "vipherd/model/config.hpp"
#include "vipherd/model/state_change.hpp"

namespace vipherd::model {

struct HistoryEntry {
  /// 0: none yet. Later ones have greater ones, over restarts of the agent, too: microseconds since
  /// 1970, or one more than that of the entry before.
  std::uint64_t id = 0;
  WallTime at{};
  LogLevel level = LogLevel::info;
  StateChange::Kind kind = StateChange::Kind::remark;
  std::string service{};           ///< empty: it is about none
  std::string check{};             ///< of the service
  std::optional<IpAddress> vip{};  ///< it is about
  std::string state{};             ///< what it is now; empty: no change
  std::string by{};                ///< who asked for it; empty: no operator, or not known
  std::string text{};              ///< as in the log
  friend bool operator==(const HistoryEntry&, const HistoryEntry&) = default;
};

/// Fills in what the change says.
void take(HistoryEntry& entry, const StateChange& change);

/// All changes, and everything that the log has by default.
bool is_worth_keeping(const HistoryEntry& entry);

/// What is looked for in it.
struct HistoryFilter {
  std::string service{};           ///< with its checks and VIPs; empty: any
  std::optional<IpAddress> vip{};  ///< nullopt: any
  bool matches(const HistoryEntry& entry) const {
    return (service.empty() || entry.service == service) && (!vip || entry.vip == vip);
  }
  friend bool operator==(const HistoryFilter&, const HistoryFilter&) = default;
};

/// "check", "vip", "remark"
std::string_view to_string(StateChange::Kind kind);
/// nullopt: no such kind.
std::optional<StateChange::Kind> kind_of_change(std::string_view text);

/// "debug", "warning"
std::string_view to_string(LogLevel level);

}  // namespace vipherd::model
