// Brings the state in line with a new configuration: what did not change keeps its health,
// its announcement and its history.
#pragma once

#include <memory>
#include <string>

#include "core/turn.hpp"

namespace vipherd::core {

/// Why `next` cannot replace `current` without a restart; empty if it can.
std::string reload_obstacle(const model::Config& current, const model::Config& next);

/// The first configuration starts everything, a later one is a reload, which is rejected if it
/// changes what only a restart can.
void apply_config(Turn& turn, const std::shared_ptr<const model::Config>& config);
/// It could not be read: the one in force stays.
void reject_config(Turn& turn, const std::string& why);

/// Forgets all services and checks, so that every VIP is released.
void drop_everything(Turn& turn, const std::string& why);

}  // namespace vipherd::core
