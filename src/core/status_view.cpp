#include "core/status_view.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/flap_damper.hpp"
#include "core/service_policy.hpp"
#include "core/vip/desired.hpp"

namespace vipherd::core {
namespace {

using namespace model;

/// Moves moments of the monotonic clock to the wall clock.
struct Clocks {
  TimePoint now;
  WallTime wall;
  WallTime at(TimePoint time) const { return wall - (now - time); }
  template <class State>
  Condition<State> fact(State state, const Cause& cause) const {
    return {state, at(cause.since), cause.reason};
  }
};

CheckStatus check_status(const CheckState& check, const Clocks& clocks) {
  CheckStatus status;
  status.name = check.config->name;
  status.type = check.config->type;
  status.health = clocks.fact(check.health, check.cause);
  status.advisory = check.config->advisory;
  status.weight = check.config->weight;
  status.passes = check.passes;
  status.fails = check.fails;
  if (check.last) {
    status.last = CheckStatus::Last{check.last->pass, check.last->reason, check.last->latency,
                                    clocks.at(check.last_at), check.last->warning};
  }
  return status;
}

/// The configuration comes first: only it can undo that.
DisabledBy disabled_by(const ServiceState& service) {
  return service.config->enabled ? DisabledBy::an_operator : DisabledBy::configuration;
}

ServiceHealth shown_health(const ServiceState& service) {
  switch (service.health) {
    case CheckHealth::undecided:
      return ServiceHealth::undecided;
    case CheckHealth::up:
      return ServiceHealth::up;
    case CheckHealth::down:
      return ServiceHealth::down;
  }
  return ServiceHealth::undecided;
}

/// The service's watches lie beside each other: first those of no check.
std::vector<WatchStatus> watch_statuses(const State& state, const std::string& service,
                                        const Clocks& clocks) {
  std::vector<WatchStatus> watches;
  for (auto watch = state.watches.lower_bound({service, "", WatchKind::connection});
       watch != state.watches.end() && watch->first.service == service; ++watch) {
    watches.push_back({watch->first.kind, watch->first.check, watch->second.target.what,
                       clocks.fact(watch->second.step, watch->second.cause)});
  }
  return watches;
}

std::optional<DampingStatus> damping_status(const ServiceState& service, TimePoint now) {
  if (!service.config->damping) return std::nullopt;
  const Damping& config = *service.config->damping;
  DampingStatus status;
  status.penalty =
      static_cast<std::uint32_t>(std::lround(penalty_at(service.damping, config, now)));
  status.held = service.damping.held;
  if (status.held)
    status.hold_left = std::max(release_at(service.damping, config) - now, Duration{});
  return status;
}

ServiceStatus service_status(const State& state, const ServiceState& service,
                             const Clocks& clocks) {
  ServiceStatus status;
  status.name = service.config->name;
  status.enabled = state.enables(service);
  status.health =
      clocks.fact(status.enabled ? shown_health(service) : ServiceHealth::disabled, service.cause);
  if (!status.enabled) {
    status.disabled_by = disabled_by(service);
    status.health.reason = "by the " + std::string(to_string(status.disabled_by));
    const auto said = state.operators.disabled.find(status.name);
    if (service.config->enabled && said != state.operators.disabled.end()) {
      status.health.reason += in_brackets(said->second);
    }
  }
  status.health_percent = health_of(state, service);
  status.weight = weight_of(state, service);
  const auto weighed = state.operators.service_weights.find(status.name);
  if (weighed != state.operators.service_weights.end()) status.operator_weight = weighed->second;
  status.damping = damping_status(service, clocks.now);
  status.watches = watch_statuses(state, status.name, clocks);
  for (const IpAddress& vip : service.config->vips) status.vips.push_back(vip.to_string());
  for (const CheckConfig& check : service.config->checks) {
    const auto found = state.checks.find(CheckId{status.name, check.name});
    if (found != state.checks.end()) {
      status.checks.push_back(check_status(found->second, clocks));
    }
  }
  return status;
}

AttachStep attach_step(const VipState& vip) {
  if (vip.attachment.op == KernelOp::attaching) return AttachStep::attaching;
  if (vip.attachment.op == KernelOp::detaching) return AttachStep::detaching;
  if (!vip.attachment.seen) return AttachStep::unknown;
  switch (*vip.attachment.seen) {
    case KernelRoute::ours:
      return AttachStep::attached;
    case KernelRoute::foreign:
      return AttachStep::foreign;
    case KernelRoute::absent:
      return vip.attachment.failures > 0 ? AttachStep::failed : AttachStep::detached;
  }
  return AttachStep::unknown;
}

VipStatus vip_status(const State& state, const IpAddress& address, const VipState& vip,
                     const Clocks& clocks) {
  VipStatus status;
  status.vip = address.to_string();
  status.service = vip.service;
  status.wanted = vip.wants_route();
  status.attached = clocks.fact(attach_step(vip), vip.attachment.cause);
  status.announced = clocks.fact(vip.route.step, vip.route.cause);
  // Withdrawn though it is wanted: say what it waits for.
  if (vip.wants_route() && vip.route.step == RouteStep::withdrawn) {
    if (!vip.is_local()) {
      status.announced.reason = "waiting for the attachment";
    } else if (!state.speaker.connected) {
      status.announced.reason = "zebra is not connected: " + state.speaker.cause.reason;
    } else {
      status.announced.reason = "waiting, so that changes of one VIP are min_change_interval apart";
    }
  } else if (vip.route.step == RouteStep::withdrawn) {
    status.announced.reason = vip.desired.reason;
  }
  status.held = vip.desired.held;
  if (vip.drain.step != DrainStep::none) {
    status.drain =
        DrainStatus{clocks.fact(vip.drain.step, vip.drain.cause),
                    vip.drain.step == DrainStep::leaving ? vip.drain.connections : std::nullopt};
  }
  status.reach = clocks.fact(vip.reach.step, vip.reach.cause);
  status.reach_alarm = vip.reach.alarmed;
  for (const SeenReach& seen : vip.reach.told) {
    status.daemons.push_back(seen.on_clock_at(clocks.at(seen.at())));
  }
  status.tag = vip.desired.route.tag;
  status.metric = vip.desired.route.metric;
  return status;
}

/// A check that cannot run at all, and keeps its health for that: nothing is known of the service.
std::optional<Problem> find_held_open(const State& state, const CheckId& id,
                                      const CheckState& check) {
  if (!check.last || check.last->pass || check.last->failure != Failure::not_run) return {};
  const auto service = state.services.find(id.service);
  if (service == state.services.end() || !service->second.config->fail_open) return {};
  return Problem{Severity::notice,
                 "check " + id.to_string() + " cannot run and stays " +
                     std::string(to_string(check.health)) + " (fail_open): " + check.last->reason,
                 id.service};
}

std::string service_of(const State& state, const IpAddress& address) {
  const auto vip = state.vips.find(address);
  return vip == state.vips.end() ? "" : vip->second.service;
}

}  // namespace

Status make_status(const State& state, TimePoint now, WallTime wall) {
  const Clocks clocks{now, wall};
  Status status;
  status.version = VIPHERD_VERSION;
  status.now = wall;
  status.agent = clocks.fact(state.phase, state.phase_cause);
  status.zebra = clocks.fact(
      state.speaker.connected ? ZebraConnection::connected : ZebraConnection::disconnected,
      state.speaker.cause);
  status.config = clocks.fact(
      state.last_reload_failed ? ConfigState::rejected : ConfigState::applied, state.config_cause);
  if (state.config == nullptr) return status;
  status.node = state.config->node.name;
  status.drained = state.operators.node_drained.has_value();
  status.instructions = instructions_of(state.operators);
  status.operator_weight = state.operators.node_weight;
  status.announcer = state.config->frr.announcer;
  for (const auto& [name, service] : state.services) {
    status.services.push_back(service_status(state, service, clocks));
  }
  for (const auto& [address, vip] : state.vips) {
    status.vips.push_back(vip_status(state, address, vip, clocks));
  }
  for (const auto& [vip, text] : state.surroundings.refused) {
    status.problems.push_back({Severity::problem, text, service_of(state, vip)});
  }
  for (const auto& [vip, text] : state.surroundings.doubtful) {
    status.problems.push_back({Severity::notice, text, service_of(state, vip)});
  }
  for (const auto& [id, check] : state.checks) {
    if (auto notice = find_held_open(state, id, check)) {
      status.problems.push_back(std::move(*notice));
    }
  }
  for (const auto& [place, known] : state.router_ids) {
    if (known.error.empty()) continue;
    status.problems.push_back({Severity::problem, known.error + ": " + known.remedy});
  }
  return status;
}

}  // namespace vipherd::core
