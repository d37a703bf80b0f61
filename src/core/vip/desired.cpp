#include "core/vip/desired.hpp"

#include <algorithm>
#include <utility>

#include "core/guard.hpp"
#include "core/service_policy.hpp"
#include "core/surroundings.hpp"
#include "core/vip/drain.hpp"

namespace vipherd::core {
namespace {

using namespace model;

/// Weights are told in tenths: a smaller change is worth no change of a route.
constexpr std::uint32_t kTenths = 10;

std::uint32_t tenths_of(std::uint32_t weight) {
  return std::clamp((weight + kTenths / 2) / kTenths, 1U, kTenths);
}

/// Adds what tells routers the weight to the route of a VIP that is announced in the ordinary way.
RouteAttributes weighted(RouteAttributes route, Weighting weighting, std::uint32_t tenths,
                         Announcer announcer) {
  switch (weighting) {
    case Weighting::none:
      break;
    case Weighting::bandwidth:
      // The lists that the vty announcer writes are by tag: there the policy alone says it.
      if (!traits_of(announcer).carries_policy) route.tag += tenths;
      route.announce.bandwidth = tenths * kTenths;
      break;
    case Weighting::metric:
      route.metric += (kTenths - tenths) * kTenths;
      break;
  }
  return route;
}

std::string why_of(const State& state, const std::string& name, const ServiceState& service) {
  if (!state.enables(service)) return "service " + name + " is disabled";
  return "service " + name + " is " + std::string(to_string(service.health)) + ": " +
         service.cause.reason;
}

/// What is the same for all VIPs of a service.
struct Common {
  bool enabled = false;
  bool up = false;
  bool always = false;
  bool keep = false;
  std::string reason;
  std::uint32_t tenths = 0;  ///< of its full weight
};

Common common_of(const State& state, const std::string& name, const ServiceState& service) {
  const bool enabled = state.enables(service);
  return {enabled,
          enabled && service.health == CheckHealth::up,
          enabled && service.config->attach == AttachPolicy::always,
          enabled && service.health == CheckHealth::undecided,
          why_of(state, name, service),
          tenths_of(weight_of(state, service))};
}

bool desired_for(State& state, const ServiceState& service, const Common& common,
                 const IpAddress& address, TimePoint now) {
  VipState& vip = state.vips.at(address);
  const std::string* refusal = refusal_of(state, address);
  const bool held =
      refusal == nullptr && !common.up && common.enabled && holds_when_all_down(service, vip, now);
  const bool wanted = refusal == nullptr && (common.up || held);
  const bool always = refusal == nullptr && common.always;
  const bool keep = refusal == nullptr && common.keep;
  const bool drain_changed = want_drain(state, service.config->name, address, vip, now);
  const bool least_preferred = held || vip.drain.step != DrainStep::none;
  const ServiceConfig& config = *service.config;
  const RouteAttributes route = least_preferred
                                    ? config.drain.route
                                    : weighted(config.route_of(address), config.weighting,
                                               common.tenths, state.config->frr.announcer);
  const bool changed = drain_changed || vip.desired.wanted != wanted ||
                       vip.desired.always_attached != always || vip.desired.keep_adopted != keep ||
                       vip.desired.held != held || vip.desired.route != route;
  vip.desired.wanted = wanted;
  vip.desired.held = held;
  vip.desired.always_attached = always;
  vip.desired.keep_adopted = keep;
  vip.desired.route = route;
  vip.desired.reason =
      held ? "no other node announces it, so it is held (on_all_down) although " + common.reason
           : common.reason;
  if (vip.drain.step != DrainStep::none) vip.desired.reason = vip.drain.cause.reason;
  if (refusal != nullptr) vip.desired.reason = *refusal;
  return changed;
}

}  // namespace

std::uint32_t weight_of(const State& state, const ServiceState& service) {
  const OperatorState& operators = state.operators;
  const auto by_operator = operators.service_weights.find(service.config->name);
  const std::uint32_t own =
      by_operator == operators.service_weights.end() ? service.config->weight : by_operator->second;
  const std::uint32_t node = operators.node_weight.value_or(state.config->node.weight);
  const std::uint32_t health =
      service.config->weigh_health ? health_of(state, service).value_or(100) : 100;
  return std::max(1U, own * node / 100 * health / 100);
}

void end_hold_if_over(VipState& vip, TimePoint now) {
  if (vip.desired.held && now > held_until(vip)) vip.desired.wanted = vip.desired.held = false;
}

void release_vip(VipState& vip, const std::string& why) {
  vip.desired = {.route = vip.desired.route, .reason = why};
  cancel_drain(vip);
}

bool update_desired(State& state, const std::string& name, const ServiceState& service,
                    TimePoint now) {
  const Common common = common_of(state, name, service);
  bool changed = false;
  for (const IpAddress& address : service.config->vips) {
    changed = desired_for(state, service, common, address, now) || changed;
  }
  return changed;
}

bool want_one(State& state, const ServiceState& service, const IpAddress& address, TimePoint now) {
  return desired_for(state, service, common_of(state, service.config->name, service), address, now);
}

}  // namespace vipherd::core
