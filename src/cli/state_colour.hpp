// Which colour a state has: green as it should be, red in need of somebody, yellow planned or
// under way. Pure.
#pragma once

#include "cli/page.hpp"
#include "vipherd/model/health.hpp"
#include "vipherd/model/status.hpp"

namespace vipherd::cli {

Colour colour_of(model::HealthState state);
/// Of the agent, zebra, the configuration, a service, a check or a watcher.
Colour colour_of(const model::Fact& fact);
/// Of a VIP: yellow if it is drained or held, whatever is announced.
Colour colour_of_announced(const model::VipStatus& vip);
Colour colour_of_attached(const model::VipStatus& vip);
Colour colour_of_advertised(const model::VipStatus& vip);

}  // namespace vipherd::cli
