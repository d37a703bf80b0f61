// Brings the state in line with a new configuration: what did not change keeps its verdict,
// its announcement and its history.
#pragma once

#include <memory>
#include <string>

#include "vipherd/core/state.hpp"
#include "vipherd/model/action.hpp"

namespace vipherd::core {

/// Why `next` cannot replace `current` without a restart; empty if it can.
std::string reload_obstacle(const model::Config& current, const model::Config& next);

/// Takes the configuration over. The caller judges all services and reconciles all VIPs after.
void take_config(State& state, std::shared_ptr<const model::Config> config, TimePoint now,
                 model::Actions& out);

/// Forgets all services and checks, so that every VIP is released.
void drop_everything(State& state, const std::string& why, TimePoint now, model::Actions& out);

}  // namespace vipherd::core
