// How a log line about a VIP begins.
#pragma once

#include <string>

#include "core/turn.hpp"
#include "vipherd/base/ip_prefix.hpp"

namespace vipherd::core {

inline void note(Turn& turn, model::LogLevel level, const IpAddress& address, const VipState& vip,
                 const std::string& what,
                 model::StateChange::Kind kind = model::StateChange::Kind::remark,
                 std::string_view state = "") {
  turn.note(
      level, "VIP " + address.to_string() + " " + what,
      model::StateChange{.kind = kind, .service = vip.service, .vip = address, .state = state});
}

/// The same of a change of its announcement, which is told as it is now.
inline void note_route(Turn& turn, model::LogLevel level, const IpAddress& address,
                       const VipState& vip, const std::string& what) {
  note(turn, level, address, vip, what, model::StateChange::Kind::vip, to_string(vip.route.step));
}

}  // namespace vipherd::core
