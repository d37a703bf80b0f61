// A systemd unit beside that of a service: it drains what the service serves before the service is
// stopped, and resumes it after the start. Pure: text out of values.
//
// A unit of its own, and no ExecStop= in a drop-in: what a drop-in adds to ExecStop= runs after the
// unit's own, when the service is gone already, and to put something before it the drop-in would
// have to repeat the distribution's lines. A unit that is ordered After= another one is stopped
// before it, and PartOf= takes it along.
#pragma once

#include <string>
#include <vector>

#include "vipherd/base/duration.hpp"

namespace vipherd::setup {

struct DrainUnit {
  std::string unit{};                  ///< of the service, with its suffix: "nginx.service"
  std::vector<std::string> targets{};  ///< services or VIPs
  Duration timeout{};                  ///< for each of them
  std::string socket{};                ///< the agent's; empty: where it is by default
};

/// "vipherd-drain-nginx.service"
std::string drain_unit_name(const std::string& unit);
/// What the drain is marked with, so that only it is undone: "nginx.service stops".
std::string drain_reason(const std::string& unit);

std::string drain_unit_text(const DrainUnit& wanted);

/// Of vipherd itself: a drop-in, with which "systemctl stop vipherd" drains first. A restart does
/// not: by then the agent has handed over and ended, and there is no agent to be told to drain.
inline constexpr const char* kOwnUnit = "vipherd.service";
inline constexpr const char* kOwnDropIn = "vipherd.service.d/drain.conf";
std::string own_drop_in_text(const DrainUnit& wanted);

}  // namespace vipherd::setup
