// How a log line about a VIP begins.
#pragma once

#include <string>

#include "core/turn.hpp"
#include "vipherd/base/ip_prefix.hpp"

namespace vipherd::core {

inline void note(Turn& turn, model::LogLevel level, const IpAddress& vip, const std::string& what) {
  turn.out.emplace_back(model::action::Note{level, "VIP " + vip.to_string() + " " + what});
}

}  // namespace vipherd::core
