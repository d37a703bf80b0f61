#include "core/guard.hpp"

#include <algorithm>

#include "core/limits.hpp"

namespace vipherd::core {

using namespace model;

std::optional<std::uint32_t> other_announcers(const VipState& vip, TimePoint now) {
  if (vip.reach.told.empty() || now > vip.reach.told_until) return std::nullopt;
  std::optional<std::uint32_t> most;
  bool all_known = true;
  for (const SeenReach& seen : vip.reach.told) {
    const Reach* reach = seen.value();
    all_known = all_known && reach != nullptr;
    if (reach != nullptr && reach->others) most = std::max(most.value_or(0), *reach->others);
  }
  // Who could not be asked may see others.
  if (most == 0U && !all_known) return std::nullopt;
  return most;
}

bool holds_when_all_down(const ServiceState& service, const VipState& vip, TimePoint now) {
  if (service.config->on_all_down != OnAllDown::hold || service.health != CheckHealth::down)
    return false;
  // What never worked here is not held: it may never have been meant to.
  if (!service.was_up) return false;
  const auto others = other_announcers(vip, now);
  // Unknown is not none: to announce what is down is the greater harm.
  return others && *others == 0;
}

TimePoint held_until(const VipState& vip) { return vip.reach.told_until; }

bool needs_others(const State& state, const VipState& vip) {
  const auto found = state.services.find(vip.service);
  if (found == state.services.end() || !state.enables(found->second)) return false;
  const ServiceConfig& config = *found->second.config;
  return config.on_all_down == OnAllDown::hold || config.guard.min_announcers > 0;
}

bool concerns(const Scope& scope, const std::string& service, const IpAddress& vip) {
  if (const auto* one = std::get_if<scope::Vip>(&scope)) return one->address == vip;
  const auto* named = std::get_if<scope::Service>(&scope);
  return named == nullptr || named->name == service;
}

std::string drain_objection(const State& state, const Scope& scope, TimePoint now) {
  for (const auto& [address, vip] : state.vips) {
    const auto service = state.services.find(vip.service);
    if (service == state.services.end() || !concerns(scope, vip.service, address)) continue;
    const std::uint32_t least = service->second.config->guard.min_announcers;
    const bool leaves = vip.route.step == RouteStep::announced && vip.drain.step == DrainStep::none;
    if (least == 0 || !leaves) continue;
    const auto others = other_announcers(vip, now);
    if (others && *others >= least) continue;
    const std::string seen =
        others ? std::to_string(*others) + " other node" +
                     (*others == 1 ? " announces " : "s announce ") + address.to_string()
               : "which other nodes announce " + address.to_string() + " cannot be seen from here";
    return seen + ", and the guard of service " + vip.service + " asks for " +
           std::to_string(least);
  }
  return "";
}

}  // namespace vipherd::core
