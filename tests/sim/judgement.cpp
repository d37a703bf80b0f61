// What must hold after every step, and what must hold once faults have stopped.
#include <algorithm>
#include <functional>

#include "sim/world.hpp"

namespace vipherd::sim {

using namespace model;
using namespace std::chrono_literals;

namespace {

const ServiceConfig* service_of(const Config& config, const IpAddress& vip) {
  for (const ServiceConfig& service : config.services) {
    if (std::ranges::find(service.vips, vip) != service.vips.end()) return &service;
  }
  return nullptr;
}

bool is_in_pool(const Config& config, const IpAddress& vip) {
  return std::ranges::any_of(config.vips.pool,
                             [&](const IpPrefix& prefix) { return prefix.contains(vip); });
}

std::size_t needed(const ServiceConfig& service) {
  switch (service.needs.mode) {
    case Needs::Mode::all:
      return static_cast<std::size_t>(
          std::ranges::count(service.checks, false, &CheckConfig::advisory));
    case Needs::Mode::any:
      return 1;
    case Needs::Mode::count:
      return service.needs.count;
  }
  return 0;
}

}  // namespace

/// Judged from the results alone, without the core's help: a check whose last `fall` results
/// were all failures is down, whatever else; so is one that was refused, unless `fall` was set;
/// one that never passed cannot be up.
bool World::may_be_up(const ServiceConfig& service) const {
  std::size_t possible = 0;
  for (const CheckConfig& check : service.checks) {
    if (check.advisory) continue;
    const auto found = seen_.find({service.name, check.name});
    if (found == seen_.end()) continue;
    const auto& results = found->second.results;
    if (results.empty() && held_.contains(service.name)) ++possible;
    const std::size_t window = std::min<std::size_t>(check.fall, results.size());
    const bool passed =
        std::any_of(results.end() - static_cast<std::ptrdiff_t>(window), results.end(),
                    [](const ProbeResult& result) { return result.pass; });
    const bool refused = check.refused_decides && !results.empty() && !results.back().pass &&
                         results.back().failure == Failure::refused;
    if (passed && !refused) ++possible;
  }
  return possible >= needed(service);
}

/// What must hold all the time: a route of a service that cannot be up is on its way out.
void World::check_standing() {
  if (session_ == 0) return;
  const Duration patience = config_->frr.min_change_interval + 50ms;
  for (const ServiceConfig& service : config_->services) {
    for (const IpAddress& vip : service.vips) {
      if (may_be_held(service, vip)) held_at_[vip] = now_;
    }
    const bool possible = service.enabled && !operators_.disabled.contains(service.name) &&
                          may_be_up(service) && !stopping_;
    if (possible) {
      down_since_.erase(service.name);
      continue;
    }
    if (now_ <= down_since_.try_emplace(service.name, now_).first->second + patience) continue;
    for (const IpAddress& vip : service.vips) {
      if (held_at_.contains(vip) && now_ <= held_at_[vip] + patience) continue;
      // What was handed over stays until there is a health.
      const auto believed = core_.state().services.find(service.name);
      const bool undecided = service.enabled && believed != core_.state().services.end() &&
                             believed->second.health == core::CheckHealth::undecided;
      if (stale_.contains(vip) && undecided) continue;
      if (rib_.contains(vip) && !withdraw_sent_.contains(vip)) {
        violate(vip.to_string() + " stays announced while its service is down");
      }
    }
  }
}

/// Segments for a VIP that is not local here would be sent round.
void World::check_relayed() const {
  for (const IpAddress& vip : relayed_) {
    const auto told = told_.find(vip);
    if (told == told_.end() || told->second == KernelRoute::absent) {
      violate(vip.to_string() + " is given to the relay, and not known to be local");
    }
    if (!vrf_.empty()) violate(vip.to_string() + " of a VRF is given to the relay");
  }
}

bool World::is_relayed(const IpAddress& vip) const {
  return !vrf_.empty() || std::ranges::find(relayed_, vip) != relayed_.end();
}

/// What connects to a VIP must find this node there.
void World::check_probe(const action::StartProbe& probe) const {
  for (const IpAddress& vip : probe.config->needed_vips) {
    const auto told = told_.find(vip);
    if (told == told_.end() || told->second == KernelRoute::absent) {
      violate("a probe of " + vip.to_string() + ", which is not known to be local");
    }
  }
}

/// Watchers hasten probes, but not without limit; an operator may command as often as he likes.
void World::check_pace(const action::StartProbe& probe) {
  std::deque<TimePoint>& recent = probed_[probe.check];
  recent.push_back(now_);
  while (recent.front() < now_ - 1s) recent.pop_front();
  while (!commands_.empty() && commands_.front() < now_ - 1s) commands_.pop_front();
  const CheckConfig& check = *probe.config;
  const Duration fastest = std::min({check.interval, check.fast_interval, check.down_interval});
  const auto regular = static_cast<std::size_t>(1s / fastest + 2);
  // Twenty-one alarms at most in the first second, and what each is followed by until the next.
  constexpr std::size_t kHastened = std::size_t{21} * 5;
  if (recent.size() > regular + kHastened + 2 * commands_.size()) {
    violate(std::to_string(recent.size()) + " probes of " + probe.check.to_string() +
            " within a second");
  }
}

void World::check_attach(const IpAddress& vip) const {
  if (!is_in_pool(*config_, vip)) violate("attach of " + vip.to_string() + ", outside the pool");
  const ServiceConfig* service = service_of(*config_, vip);
  if (service == nullptr) violate("attach of " + vip.to_string() + ", which is not configured");
  if (!service->enabled || operators_.disabled.contains(service->name)) {
    violate("attach of " + vip.to_string() + " of a disabled service");
  }
  if (drain_gone_.contains(vip) && service->attach != AttachPolicy::always) {
    violate("attach of " + vip.to_string() + ", which is drained");
  }
  if (taken_.contains(vip)) violate("attach of " + vip.to_string() + ", a neighbour's address");
  const auto told = told_.find(vip);
  if (told != told_.end() && told->second != KernelRoute::absent) {
    violate("attach of " + vip.to_string() + ", which is known to be local");
  }
  if (stopping_) violate("attach while stopping");
}

/// By its policy it may be announced although it is down: no other node was seen to announce it.
bool World::may_be_held(const ServiceConfig& service, const IpAddress& vip) const {
  const auto told = others_told_.find(vip);
  if (service.on_all_down != OnAllDown::hold || told == others_told_.end()) return false;
  return told->second.first == 0U && now_ <= told->second.second + 10s;
}

void World::check_route(const ServiceConfig& service, const action::Announce& announce) const {
  const RouteAttributes& route = announce.route;
  const bool least = route == service.drain.route;
  if (drained_since_.contains(announce.vip)) {
    if (!least) violate("a drained VIP is announced as if it were not");
    return;
  }
  if (least && may_be_held(service, announce.vip)) return;
  const std::uint32_t tenths = route.announce.bandwidth.value_or(0) / 10;
  RouteAttributes plain = route;
  plain.announce.bandwidth.reset();
  plain.tag -= tenths;
  if (service.weighting == Weighting::metric) plain.metric = service.route.metric;
  const bool weighed =
      service.weighting == Weighting::bandwidth ? tenths >= 1 && tenths <= 10 : tenths == 0;
  if (plain != service.route || !weighed) violate("announce with another program's attributes");
}

void World::check_vrf(const IpAddress& vip, const std::string& vrf) const {
  // Of what was left, or comes again after it was forgotten at the end, the agent cannot know it.
  if (vrf != vrf_ && (!vrf.empty() || (named_.contains(vip) && !stopping_))) {
    violate(vip.to_string() + " is taken for one of VRF \"" + vrf + "\"");
  }
}

void World::check_announce(const action::Announce& announce) const {
  const IpAddress& vip = announce.vip;
  if (!is_in_pool(*config_, vip)) violate("announce of " + vip.to_string() + ", outside the pool");
  const ServiceConfig* service = service_of(*config_, vip);
  if (service == nullptr) violate("announce of " + vip.to_string() + ", which is not configured");
  check_vrf(vip, announce.vrf);
  if (!service->enabled || operators_.disabled.contains(service->name)) {
    violate("announce of " + vip.to_string() + " of a disabled service");
  }
  if (taken_.contains(vip)) violate("announce of " + vip.to_string() + ", a neighbour's address");
  const auto told = told_.find(vip);
  const bool first = !rib_.contains(vip) && !on_the_way_.contains(vip);
  if (first && (told == told_.end() || told->second == KernelRoute::absent)) {
    violate("announce of " + vip.to_string() + " before its attachment was confirmed");
  }
  if (first && !is_relayed(vip)) {
    violate("announce of " + vip.to_string() + " before the relay was told of it");
  }
  if (drain_gone_.contains(vip)) violate("announce of " + vip.to_string() + ", which is drained");
  if (!may_be_up(*service) && !may_be_held(*service, vip)) {
    violate("announce of " + vip.to_string() + " of a service that is down");
  }
  check_route(*service, announce);
  if (stopping_) violate("announce while stopping");
}

void World::check_detach(const IpAddress& vip) const {
  if (vrf_.empty() && is_relayed(vip)) {
    violate("detach of " + vip.to_string() + " before it was taken from the relay");
  }
  const auto told = told_.find(vip);
  if (told == told_.end() || told->second != KernelRoute::ours) {
    violate("detach of " + vip.to_string() + ", which is not known to be ours");
  }
  if (session_ != 0 && (rib_.contains(vip) || on_the_way_.contains(vip))) {
    violate("detach of " + vip.to_string() + " while zebra holds its route");
  }
}

/// It connects to a VIP that must not be on this node.
bool World::is_unprobed(const CheckConfig& check) const {
  return std::ranges::any_of(check.needed_vips,
                             [this](const IpAddress& vip) { return taken_.contains(vip); });
}

bool World::truly_healthy(const ServiceConfig& service) const {
  const auto up = std::ranges::count_if(service.checks, [&](const CheckConfig& check) {
    if (check.advisory) return false;
    const auto found = healthy_.find(CheckId{service.name, check.name});
    return found != healthy_.end() && found->second && !is_unprobed(check);
  });
  return static_cast<std::size_t>(up) >= needed(service);
}

void World::demand_convergence() {
  for (const auto& [vip, local] : local_) {
    if (local.ours && service_of(*config_, vip) == nullptr) {
      violate(vip.to_string() + " is left over");
    }
  }
  for (const auto& [vip, route] : rib_) {
    if (service_of(*config_, vip) == nullptr) violate(vip.to_string() + " is still announced");
  }
  for (const ServiceConfig& service : config_->services) {
    // Such a check keeps what it said last.
    if (service.fail_open &&
        std::ranges::any_of(service.checks, std::bind_front(&World::is_unprobed, this))) {
      continue;
    }
    const bool healthy = service.enabled && truly_healthy(service);
    for (const IpAddress& vip : service.vips) {
      const bool refused = taken_.contains(vip);
      const bool up = healthy && !refused;
      const bool always = service.enabled && service.attach == AttachPolicy::always && !refused;
      const bool attached = up || always;
      const KernelRoute route = kernel_route(vip);
      if (up != rib_.contains(vip))
        violate(vip.to_string() + (up ? " is not" : " is") + " announced");
      if (up) check_route(service, {vip, service.vrf, rib_.at(vip)});
      if (attached && route == KernelRoute::absent) violate(vip.to_string() + " is not attached");
      if (!attached && route == KernelRoute::ours) violate(vip.to_string() + " is attached");
      const core::VipState& believed = core_.state().vips.at(vip);
      const core::RouteStep expected = up ? core::RouteStep::announced : core::RouteStep::withdrawn;
      if (believed.route.step != expected)
        violate("the agent's belief of " + vip.to_string() + " is wrong");
    }
  }
}

/// What has died comes back without a word to the clock, if a watcher sees it start.
void World::demand_quick_return() {
  for (auto& [id, healthy] : healthy_) healthy = false;
  run_until(now_ + 30s);
  for (auto& [id, healthy] : healthy_) healthy = true;
  for (const ServiceConfig& service : config_->services) {
    if (!service.watch.unit.empty() && service.enabled &&
        !watches_.contains({service.name, "", WatchKind::unit})) {
      violate("the unit of " + service.name + " is not watched");
    }
  }
  std::set<std::string> seen;
  for (const auto& [id, watched] : watches_) {
    if (id.kind == WatchKind::connection) continue;
    tell_of_watch(0ms, id, WatchStep::watching, true);
    seen.insert(id.service);
  }
  std::multimap<TimePoint, CheckId> up_by;
  for (const ServiceConfig& service : config_->services) {
    if (!seen.contains(service.name)) continue;
    for (const CheckConfig& check : service.checks) {
      if (is_unprobed(check)) continue;
      // A probe takes 20 ms at most, and one may be under way.
      const Duration limit =
          50ms + (check.rise - 1) * std::max<Duration>(check.fast_interval, 20ms);
      up_by.emplace(now_ + limit, CheckId{service.name, check.name});
    }
  }
  for (const auto& [at, id] : up_by) {
    run_until(at);
    if (core_.state().checks.at(id).health != core::CheckHealth::up) {
      violate(id.to_string() + " is not up though its start was seen");
    }
  }
}

void World::demand_nothing_left() {
  if (!finished_ || !finished_clean_) violate("the agent did not stop cleanly");
  if (!rib_.empty()) violate("a route is left in zebra");
  for (const auto& [vip, local] : local_) {
    if (local.ours) violate(vip.to_string() + " is left attached");
  }
}

}  // namespace vipherd::sim
