#include "core/vip/reconcile.hpp"

#include <algorithm>
#include <utility>

#include "core/guard.hpp"
#include "core/limits.hpp"
#include "core/vip/attachment.hpp"
#include "core/vip/desired.hpp"
#include "core/vip/drain.hpp"
#include "core/vip/reachability.hpp"
#include "core/vip/route.hpp"

namespace vipherd::core {
namespace {

using namespace model;

/// When reconcile() must look again although nothing happened; nullopt: only events matter.
std::optional<TimePoint> next_look(const State& state, const VipState& vip, TimePoint now) {
  std::optional<TimePoint> next;
  const auto at = [&](TimePoint when) {
    if (when > now && (!next || when < *next)) next = when;
  };
  at(change_allowed_at(state, vip));
  at(vip.attachment.detach_not_before);
  at(vip.attachment.not_before);
  if (vip.attachment.op != KernelOp::none) at(vip.attachment.started + kKernelOpTimeout);
  if (vip.attachment.lost_at) at(*vip.attachment.lost_at + kLostPatience);
  if (vip.route.step != RouteStep::withdrawn && vip.route.step != RouteStep::announced)
    at(vip.route.ask_at);
  if (const auto when = next_drain_look(vip)) at(*when);
  if (vip.desired.held) at(held_until(vip) + Duration(1));
  if (const auto when = next_reach_look(state, vip)) at(*when);
  return next;
}

bool is_released(const State& state, const VipState& vip, TimePoint now) {
  return vip.service.empty() && state.kernel.known && vip.route.step == RouteStep::withdrawn &&
         vip.attachment.op == KernelOp::none && vip.attachment.seen != KernelRoute::ours &&
         !is_kept_attached(vip, now);
}

}  // namespace

void reconcile(Turn& turn, const IpAddress& address) {
  if (turn.state.handing_over) return;  // everything stays as it is
  const auto found = turn.state.vips.find(address);
  if (found == turn.state.vips.end()) return;
  VipState& vip = found->second;
  end_hold_if_over(vip, turn.now);
  drive_drain(turn, address, vip);
  // A route that may go is withdrawn before the kernel is looked at, an attached VIP is
  // announced by the event that confirms the attachment: so this order suffices.
  drive_route(turn, address, vip);
  drive_attachment(turn, address, vip);
  drive_reach(turn, address, vip);
  if (is_released(turn.state, vip, turn.now)) {
    turn.state.alarms.set(address, std::nullopt);
    turn.state.vips.erase(found);
    turn.state.locals_changed = true;
    return;
  }
  turn.state.alarms.set(address, next_look(turn.state, vip, turn.now));
}

void reconcile_vips_of(Turn& turn, const ServiceState& service) {
  for (const IpAddress& address : service.config->vips) reconcile(turn, address);
}

void reconcile_all(Turn& turn) {
  // reconcile() erases released VIPs: step on before it does.
  for (auto position = turn.state.vips.begin(); position != turn.state.vips.end();) {
    const IpAddress address = (position++)->first;
    reconcile(turn, address);
  }
}

}  // namespace vipherd::core
