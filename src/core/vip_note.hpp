// How a log line about a VIP begins.
#pragma once

#include <string>

#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/model/action.hpp"

namespace vipherd::core {

inline void note(model::Actions& out, model::LogLevel level, const IpAddress& vip,
                 const std::string& what) {
  out.emplace_back(model::action::Note{level, "VIP " + vip.to_string() + " " + what});
}

}  // namespace vipherd::core
