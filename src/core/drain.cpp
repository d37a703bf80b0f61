#include "core/drain.hpp"

#include <algorithm>
#include <utility>

#include "core/limits.hpp"
#include "core/vip_note.hpp"

namespace vipherd::core {
namespace {

using namespace model;

/// Who asked for it; empty: nobody.
std::string asked_by(const OperatorState& operators, const std::string& service,
                     const IpAddress& address) {
  if (operators.node_drained) return "the operator drains this node";
  if (operators.drained_services.contains(service)) {
    return "the operator drains service " + service;
  }
  return operators.drained_vips.contains(address) ? "the operator drains it" : "";
}

const Drain& config_of(const State& state, const VipState& vip) {
  static const Drain kDefault;
  const auto service = state.services.find(vip.service);
  return service == state.services.end() ? kDefault : service->second.config->drain;
}

void enter(VipState& vip, DrainStep step, TimePoint now) {
  vip.drain = step;
  vip.drain_cause.since = now;
  vip.drain_until.reset();
}

bool is_least_preferred(const VipState& vip) {
  return vip.route == RouteStep::announced && vip.route_sent == vip.route_wanted;
}

void hold(Turn& turn, const IpAddress& address, VipState& vip) {
  // Without a route there is nothing to be preferred less.
  const bool is_going = vip.route == RouteStep::withdrawn || vip.route == RouteStep::withdrawing;
  const bool nothing_to_hold =
      !vip.wanted || is_going || turn.state.config->frr.announces_by_address();
  if (!vip.drain_until && is_least_preferred(vip)) {
    const Duration time = config_of(turn.state, vip).hold;
    vip.drain_until = turn.now + time;
    note(turn, LogLevel::info, address,
         "is least preferred for " + format_duration(time) + ": " + vip.drain_cause.why);
  }
  const TimePoint until = vip.drain_until.value_or(vip.drain_cause.since + kDrainPatience);
  if (nothing_to_hold || turn.now >= until) enter(vip, DrainStep::leaving, turn.now);
}

void conclude(Turn& turn, const IpAddress& address, VipState& vip) {
  const std::uint64_t left = vip.connections.value_or(0);
  const Duration timeout = config_of(turn.state, vip).timeout;
  enter(vip, DrainStep::drained, turn.now);
  note(turn, LogLevel::info, address,
       left == 0
           ? "drained: " + vip.drain_cause.why
           : "drained, although " + std::to_string(left) +
                 (left == 1 ? " connection was" : " connections were") + " still open after " +
                 format_duration(timeout) + ": " + vip.drain_cause.why);
}

void wait_for_connections(Turn& turn, const IpAddress& address, VipState& vip) {
  // Before the first look at the kernel nobody knows whether it is local.
  if (vip.route != RouteStep::withdrawn || !vip.seen) return;
  if (!vip.is_local() || turn.state.config->frr.announces_by_address()) {
    vip.connections.reset();
    return conclude(turn, address, vip);
  }
  if (!vip.drain_until) {
    vip.drain_until = turn.now + config_of(turn.state, vip).timeout;
    vip.connections.reset();
    vip.count_at = turn.now;
  }
  if (vip.connections == 0U || turn.now >= *vip.drain_until) {
    return conclude(turn, address, vip);
  }
  if (turn.now < vip.count_at) return;
  vip.count_at = turn.now + kCountEvery;
  turn.out.emplace_back(action::CountConnections{address});
}

}  // namespace

bool wish_drain(State& state, const std::string& service, const IpAddress& address, VipState& vip,
                TimePoint now) {
  std::string why = asked_by(state.operators, service, address);
  const bool wished = !why.empty();
  const bool changed = wished != (vip.drain != DrainStep::none);
  if (changed) enter(vip, wished ? DrainStep::holding : DrainStep::none, now);
  vip.drain_cause.why = std::move(why);
  if (!wished) vip.connections.reset();
  return changed;
}

void drive_drain(Turn& turn, const IpAddress& address, VipState& vip) {
  if (vip.drain == DrainStep::holding) hold(turn, address, vip);
  if (vip.drain == DrainStep::leaving) wait_for_connections(turn, address, vip);
}

bool waits_for_connections(const VipState& vip) { return vip.drain == DrainStep::leaving; }

std::optional<TimePoint> next_drain_look(const VipState& vip) {
  switch (vip.drain) {
    case DrainStep::holding:
      return vip.drain_until.value_or(vip.drain_cause.since + kDrainPatience);
    case DrainStep::leaving:
      if (!vip.drain_until) return std::nullopt;
      return std::min(*vip.drain_until, vip.count_at);
    case DrainStep::none:
    case DrainStep::drained:
      return std::nullopt;
  }
  return std::nullopt;
}

void took_connections(VipState& vip, const event::ConnectionsCounted& counted) {
  if (vip.drain == DrainStep::leaving && vip.drain_until) vip.connections = counted.established;
}

}  // namespace vipherd::core
