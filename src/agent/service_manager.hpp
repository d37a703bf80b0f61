// What systemd is told, by the protocol of sd_notify(3). Without NOTIFY_SOCKET in the
// environment every call does nothing.
#pragma once

#include <optional>
#include <string>

#include "vipherd/base/duration.hpp"

namespace vipherd::agent {

void notify_ready();
void notify_reloading();
void notify_stopping();
void notify_status(const std::string& line);
void notify_watchdog();

/// How often the watchdog wants to be fed at the least; nullopt: there is none.
std::optional<Duration> watchdog_limit();

}  // namespace vipherd::agent
