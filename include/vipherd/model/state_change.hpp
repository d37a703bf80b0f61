// One change of state, for those who count changes or look for them: it travels with the log line
// that tells it to people. A line that tells of no change says with it what the line is about.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "vipherd/base/ip_prefix.hpp"

namespace vipherd::model {

struct StateChange {
  enum class Kind : std::uint8_t {
    check,
    service,
    vip,         ///< what FRR announces of it
    attachment,  ///< of a VIP to this node
    zebra,
    command,  ///< of an operator; the state is its name
    config,
    agent,
    relay,    ///< whether it works
    sibling,  ///< of the relay
    remark    ///< no change
  };
  Kind kind = Kind::zebra;
  std::string service{};           ///< of a check, a service or a VIP; empty: none any more
  std::string check{};             ///< of a check
  std::optional<IpAddress> vip{};  ///< of a VIP
  /// What it is now, in the words of the status: "up", "announced", "connected". Of static storage:
  /// it goes to other threads.
  std::string_view state{};
  std::string by{};  ///< who asked for it; empty: no operator, or not known
  friend bool operator==(const StateChange&, const StateChange&) = default;
};

}  // namespace vipherd::model
