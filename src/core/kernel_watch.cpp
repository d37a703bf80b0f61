#include "core/kernel_watch.hpp"

#include <map>
#include <string>
#include <utility>

#include "core/limits.hpp"
#include "core/vip/attachment.hpp"
#include "core/vip/route.hpp"

namespace vipherd::core {
namespace {

using namespace model;

void send_read(Turn& turn) {
  turn.state.kernel.reading = true;
  turn.state.kernel.read_again = false;
  turn.state.kernel.read_at = turn.now;
  std::map<IpAddress, std::string> interest;
  for (const auto& [address, vip] : turn.state.vips)
    interest.emplace_hint(interest.end(), address, vip.vrf);
  turn.out.emplace_back(action::ReadKernel{std::move(interest)});
}

}  // namespace

std::map<IpAddress, VipState>::iterator adopt(State& state, const IpAddress& address,
                                              TimePoint now) {
  const auto [position, added] = state.vips.try_emplace(address, now);
  if (added) inherit_route(state.speaker, position->second);
  return position;
}

void read_kernel(Turn& turn) {
  if (turn.state.kernel.reading) {
    turn.state.kernel.read_again = true;
    return;
  }
  send_read(turn);
}

void on_snapshot(Turn& turn, const event::KernelSnapshot& snapshot) {
  std::map<IpAddress, KernelRoute> listed;
  for (const KernelVip& entry : snapshot.vips) {
    listed[entry.vip] = entry.route;
    // A route of ours that is not wanted is left over from an earlier run or configuration.
    if (entry.route == KernelRoute::ours) adopt(turn.state, entry.vip, turn.now);
  }
  for (auto& [address, vip] : turn.state.vips) {
    const auto found = listed.find(address);
    // A VIP added since the read was asked for was not looked for.
    if (found == listed.end() && !vip.attachment.seen && turn.state.kernel.read_again) continue;
    saw_kernel_route(turn, address, vip,
                     found == listed.end() ? KernelRoute::absent : found->second,
                     turn.state.config->vips);
  }
  turn.state.kernel.known = true;
  turn.state.kernel.reading = false;
  if (turn.state.kernel.read_again) send_read(turn);
}

TimePoint next_kernel_look(const State& state) {
  return state.kernel.read_at + (state.kernel.reading ? kKernelReadTimeout : kKernelAudit);
}

void look_at_kernel(Turn& turn) {
  if (turn.now >= next_kernel_look(turn.state)) send_read(turn);
}

}  // namespace vipherd::core
