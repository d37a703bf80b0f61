#include "core/relay/vips.hpp"

#include <utility>
#include <vector>

namespace vipherd::core {

void tell_relay(Turn& turn) {
  State& state = turn.state;
  if (!state.locals_changed || state.config == nullptr || !state.kernel.known) return;
  state.locals_changed = false;
  if (!state.config->relay) return state.relayed.reset();
  std::vector<IpAddress> vips;
  for (const auto& [address, vip] : state.vips) {
    if (vip.is_local() && vip.vrf_known && vip.vrf.empty()) vips.push_back(address);
  }
  if (vips == state.relayed) return;
  state.relayed = vips;
  turn.out.insert(turn.out.begin(), model::action::Relay{std::move(vips)});
}

}  // namespace vipherd::core
