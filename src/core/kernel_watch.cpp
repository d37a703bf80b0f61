#include "core/kernel_watch.hpp"

#include <utility>
#include <vector>

#include "core/limits.hpp"
#include "core/vip_fsm.hpp"

namespace vipherd::core {
namespace {

using namespace model;

void send_read(State& state, TimePoint now, Actions& out) {
  state.kernel.reading = true;
  state.kernel.read_again = false;
  state.kernel.read_at = now;
  std::vector<IpAddress> interest;
  interest.reserve(state.vips.size());
  for (const auto& [address, unused] : state.vips) interest.push_back(address);
  out.emplace_back(action::ReadKernel{std::move(interest)});
}

}  // namespace

std::map<IpAddress, VipState>::iterator adopt(State& state, const IpAddress& address,
                                              TimePoint now) {
  const auto [position, added] = state.vips.try_emplace(address, now);
  // A predecessor that handed over may have announced it.
  if (added) position->second.maybe_announced = state.zebra.resumed && !state.zebra.completed;
  return position;
}

void read_kernel(State& state, TimePoint now, Actions& out) {
  if (state.kernel.reading) {
    state.kernel.read_again = true;
    return;
  }
  send_read(state, now, out);
}

void took_snapshot(State& state, const event::KernelSnapshot& snapshot, TimePoint now,
                   Actions& out) {
  std::map<IpAddress, KernelRoute> listed;
  for (const KernelVip& entry : snapshot.vips) {
    listed[entry.vip] = entry.route;
    // A route of ours that nobody asks for is left over from an earlier run or configuration.
    if (entry.route == KernelRoute::ours) adopt(state, entry.vip, now);
  }
  for (auto& [address, vip] : state.vips) {
    const auto found = listed.find(address);
    // A VIP added since the read was asked for was not looked for.
    if (found == listed.end() && !vip.seen && state.kernel.read_again) continue;
    saw_kernel_route(address, vip, found == listed.end() ? KernelRoute::absent : found->second,
                     state.config->vips, now, out);
  }
  state.kernel.known = true;
  state.kernel.reading = false;
  if (state.kernel.read_again) send_read(state, now, out);
}

TimePoint next_kernel_look(const State& state) {
  return state.kernel.read_at + (state.kernel.reading ? kKernelReadTimeout : kKernelAudit);
}

void look_at_kernel(State& state, TimePoint now, Actions& out) {
  if (now >= next_kernel_look(state)) send_read(state, now, out);
}

}  // namespace vipherd::core
