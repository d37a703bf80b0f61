// Which colour a state has: green as it should be, red in need of an operator, yellow planned or
// under way. Pure.
#pragma once

#include "cli/page.hpp"
#include "vipherd/model/health.hpp"
#include "vipherd/model/status.hpp"

namespace vipherd::cli {

Colour colour_of(model::HealthState state);
Colour colour_of_state(std::string_view state);
/// Of the agent, zebra, the configuration, a service, a check or a watcher.
template <class State>
Colour colour_of(const model::Condition<State>& fact) {
  return colour_of_state(to_string(fact.state));
}
/// Of a VIP: yellow if it is drained or held, whatever is announced.
Colour colour_of_announced(const model::VipStatus& vip);

}  // namespace vipherd::cli
