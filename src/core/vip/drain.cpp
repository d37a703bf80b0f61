#include "core/vip/drain.hpp"

#include <algorithm>
#include <utility>

#include "core/limits.hpp"
#include "core/vip/note.hpp"

namespace vipherd::core {
namespace {

using namespace model;

/// Who asked for it; empty: no operator.
std::string asked_by(const OperatorState& operators, const std::string& service,
                     const IpAddress& address) {
  if (operators.node_drained) {
    return "the operator drains this node" + in_brackets(*operators.node_drained);
  }
  if (const auto said = operators.drained_services.find(service);
      said != operators.drained_services.end()) {
    return "the operator drains service " + service + in_brackets(said->second);
  }
  const auto said = operators.drained_vips.find(address);
  return said == operators.drained_vips.end()
             ? ""
             : "the operator drains it" + in_brackets(said->second);
}

const Drain& config_of(const State& state, const VipState& vip) {
  static const Drain kDefault;
  const auto service = state.services.find(vip.service);
  return service == state.services.end() ? kDefault : service->second.config->drain;
}

void enter(VipState& vip, DrainStep step, TimePoint now) {
  vip.drain.step = step;
  vip.drain.cause.since = now;
  vip.drain.until.reset();
}

bool is_least_preferred(const VipState& vip) {
  return vip.route.step == RouteStep::announced && vip.route.sent == vip.desired.route;
}

void hold(Turn& turn, const IpAddress& address, VipState& vip) {
  // Without a route there is nothing to be preferred less.
  const bool is_going =
      vip.route.step == RouteStep::withdrawn || vip.route.step == RouteStep::withdrawing;
  const bool nothing_to_hold =
      !vip.desired.wanted || is_going || turn.state.config->frr.traits().attachment_announces;
  if (!vip.drain.until && is_least_preferred(vip)) {
    const Duration time = config_of(turn.state, vip).hold;
    vip.drain.until = turn.now + time;
    note(turn, LogLevel::info, address, vip,
         "is least preferred for " + format_duration(time) + ": " + vip.drain.cause.reason);
  }
  const TimePoint until = vip.drain.until.value_or(vip.drain.cause.since + kDrainPatience);
  if (nothing_to_hold || turn.now >= until) enter(vip, DrainStep::leaving, turn.now);
}

void conclude(Turn& turn, const IpAddress& address, VipState& vip) {
  const std::uint64_t left = vip.drain.connections.value_or(0);
  const Duration timeout = config_of(turn.state, vip).timeout;
  enter(vip, DrainStep::drained, turn.now);
  note(turn, LogLevel::info, address, vip,
       left == 0
           ? "drained: " + vip.drain.cause.reason
           : "drained, although " + std::to_string(left) +
                 (left == 1 ? " connection was" : " connections were") + " still open after " +
                 format_duration(timeout) + ": " + vip.drain.cause.reason);
}

void wait_for_connections(Turn& turn, const IpAddress& address, VipState& vip) {
  // Before the first look at the kernel it is not known whether it is local.
  if (vip.route.step != RouteStep::withdrawn || !vip.attachment.seen) return;
  if (!vip.is_local() || turn.state.config->frr.traits().attachment_announces) {
    vip.drain.connections.reset();
    return conclude(turn, address, vip);
  }
  if (!vip.drain.until) {
    vip.drain.until = turn.now + config_of(turn.state, vip).timeout;
    vip.drain.connections.reset();
    vip.drain.count_at = turn.now;
  }
  if (vip.drain.connections == 0U || turn.now >= *vip.drain.until) {
    return conclude(turn, address, vip);
  }
  if (turn.now < vip.drain.count_at) return;
  vip.drain.count_at = turn.now + kCountEvery;
  turn.out.emplace_back(action::CountConnections{address});
}

}  // namespace

bool want_drain(State& state, const std::string& service, const IpAddress& address, VipState& vip,
                TimePoint now) {
  std::string why = asked_by(state.operators, service, address);
  const bool wished = !why.empty();
  const bool changed = wished != (vip.drain.step != DrainStep::none);
  if (changed) enter(vip, wished ? DrainStep::holding : DrainStep::none, now);
  vip.drain.cause.reason = std::move(why);
  if (!wished) vip.drain.connections.reset();
  return changed;
}

void drive_drain(Turn& turn, const IpAddress& address, VipState& vip) {
  if (vip.drain.step == DrainStep::holding) hold(turn, address, vip);
  if (vip.drain.step == DrainStep::leaving) wait_for_connections(turn, address, vip);
}

void cancel_drain(VipState& vip) { vip.drain.step = DrainStep::none; }

bool waits_for_connections(const VipState& vip) { return vip.drain.step == DrainStep::leaving; }

std::optional<TimePoint> next_drain_look(const VipState& vip) {
  switch (vip.drain.step) {
    case DrainStep::holding:
      return vip.drain.until.value_or(vip.drain.cause.since + kDrainPatience);
    case DrainStep::leaving:
      if (!vip.drain.until) return std::nullopt;
      return std::min(*vip.drain.until, vip.drain.count_at);
    case DrainStep::none:
    case DrainStep::drained:
      return std::nullopt;
  }
  return std::nullopt;
}

void on_connections(VipState& vip, const event::ConnectionsCounted& counted) {
  if (vip.drain.step == DrainStep::leaving && vip.drain.until)
    vip.drain.connections = counted.established;
}

}  // namespace vipherd::core
