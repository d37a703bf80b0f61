#include "core/reload.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/check_fsm.hpp"
#include "core/evaluate.hpp"
#include "core/flap_damper.hpp"
#include "core/kernel_watch.hpp"
#include "core/limits.hpp"
#include "core/router_ids.hpp"
#include "core/shutdown.hpp"
#include "core/surroundings.hpp"
#include "core/vip/desired.hpp"
#include "core/watches.hpp"
#include "vipherd/base/assert.hpp"
#include "vipherd/base/join.hpp"

namespace vipherd::core {
namespace {

using namespace model;

void release_unlisted_vips(State& state, const std::string& why) {
  for (auto& [address, vip] : state.vips) {
    if (vip.service.empty() || state.services.contains(vip.service)) continue;
    vip.service.clear();
    release_vip(vip, why);
  }
}

void remove_check(Turn& turn, std::map<CheckId, CheckState>::iterator& position) {
  if (position->second.in_flight) turn.out.emplace_back(action::CancelProbe{position->first});
  turn.state.alarms.set(position->first, std::nullopt);
  position = turn.state.checks.erase(position);
}

/// The names of services with a VIP that was in another VRF.
std::vector<std::string> moved_services(const Config& current, const Config& next) {
  std::map<IpAddress, const std::string*> vrfs;
  for (const ServiceConfig& service : current.services) {
    for (const IpAddress& vip : service.vips) vrfs[vip] = &service.vrf;
  }
  std::vector<std::string> moved;
  for (const ServiceConfig& service : next.services) {
    const bool stays = std::ranges::all_of(service.vips, [&](const IpAddress& vip) {
      const auto found = vrfs.find(vip);
      return found == vrfs.end() || *found->second == service.vrf;
    });
    if (!stays) moved.push_back(service.name);
  }
  return moved;
}

/// Services are in the order of their names: a reload of 10,000 must not compare all with all.
const ServiceConfig* find_service(const Config& config, const std::string& name) {
  const auto found = std::ranges::lower_bound(config.services, name, {}, &ServiceConfig::name);
  return found == config.services.end() || found->name != name ? nullptr : &*found;
}

const CheckConfig* find_check(const Config& config, const CheckId& id) {
  const ServiceConfig* service = find_service(config, id.service);
  if (service == nullptr || !service->enabled) return nullptr;
  const auto found = std::ranges::find(service->checks, id.check, &CheckConfig::name);
  return found == service->checks.end() ? nullptr : &*found;
}

void drop_old_checks(Turn& turn) {
  for (auto position = turn.state.checks.begin(); position != turn.state.checks.end();) {
    if (find_check(*turn.state.config, position->first) == nullptr) {
      remove_check(turn, position);
    } else {
      ++position;
    }
  }
}

/// For how long the first probes of new checks are spread, if their interval is not shorter.
Duration splay_of(const Config& config) {
  std::size_t checks = 0;
  for (const ServiceConfig& service : config.services) checks += service.checks.size();
  if (checks <= kStartTogether) return {};
  return kSplayEach * static_cast<std::int64_t>(checks);
}

void take_check(Turn& turn, const CheckId& id, std::shared_ptr<const CheckConfig> config,
                Duration splay) {
  const auto [position, added] = turn.state.checks.try_emplace(id);
  CheckState& check = position->second;
  if (!added && *check.config == *config) {
    check.config = std::move(config);
    return;
  }
  check.config = std::move(config);
  if (added) {
    check.cause.since = turn.now;
    place_check(turn.state, check, turn.now);
  }
  probe_afresh(turn, id, check, std::min(splay, check.config->interval));
}

void forget_flaps(State& state, const std::string& name, ServiceState& service) {
  service.damping = {};
  state.alarms.set(ServiceAlarm{name}, std::nullopt);
}

/// All VIPs of a service that is new (or has a new name) are announced already: they stay until its
/// checks have spoken.
bool inherits_announcements(const State& state, const ServiceConfig& config) {
  return config.enabled && std::ranges::all_of(config.vips, [&](const IpAddress& address) {
           const auto found = state.vips.find(address);
           return found != state.vips.end() && found->second.desired.wanted;
         });
}

void take_service(Turn& turn, const std::shared_ptr<const ServiceConfig>& config, Duration splay) {
  const auto [position, added] = turn.state.services.try_emplace(config->name);
  position->second.config = config;
  if (added) {
    const bool inherits = inherits_announcements(turn.state, *config);
    if (inherits) position->second.health = CheckHealth::up;
    position->second.of_checks = position->second.health;
    position->second.cause = {turn.now, inherits ? "as before the reload" : "no result yet"};
  }
  if (!config->damping) {
    forget_flaps(turn.state, position->first, position->second);
  } else if (position->second.damping.held) {
    turn.state.alarms.set(ServiceAlarm{config->name},
                          release_at(position->second.damping, *config->damping));
  }
  position->second.outlived_reload = position->second.health != CheckHealth::undecided;
  for (const IpAddress& address : config->vips) {
    VIPHERD_ASSERT(std::ranges::any_of(turn.state.config->vips.pool, [&](const IpPrefix& prefix) {
      return prefix.contains(address);
    }));
    VipState& vip = turn.state.vips.try_emplace(address, turn.now).first->second;
    vip.service = config->name;
    vip.vrf = config->vrf;
    vip.vrf_known = true;
  }
  if (!config->enabled) return;
  for (const CheckConfig& check : config->checks) {
    take_check(turn, {config->name, check.name}, std::shared_ptr<const CheckConfig>(config, &check),
               splay);
  }
}

/// A protocol that carries the VIPs no more has no say; all that do are asked at once.
void forget_what_protocols_said(State& state) {
  for (auto& [address, vip] : state.vips) {
    vip.reach = {};
  }
}

void take_config(Turn& turn, std::shared_ptr<const Config> config) {
  const bool others_carry =
      turn.state.config != nullptr && turn.state.config->frr.protocols != config->frr.protocols;
  turn.state.config = std::move(config);
  if (others_carry) forget_what_protocols_said(turn.state);
  for (auto& [address, vip] : turn.state.vips) vip.service.clear();
  for (auto position = turn.state.services.begin(); position != turn.state.services.end();) {
    const bool listed = find_service(*turn.state.config, position->first) != nullptr;
    if (!listed) turn.state.alarms.set(ServiceAlarm{position->first}, std::nullopt);
    position = listed ? std::next(position) : turn.state.services.erase(position);
  }
  drop_old_checks(turn);
  const Duration splay = splay_of(*turn.state.config);
  for (const ServiceConfig& service : turn.state.config->services) {
    take_service(turn, std::shared_ptr<const ServiceConfig>(turn.state.config, &service), splay);
  }
  for (auto& [address, vip] : turn.state.vips) {
    if (vip.service.empty()) release_vip(vip, "not configured any more");
  }
}

}  // namespace

std::string reload_obstacle(const Config& current, const Config& next) {
  std::string changed;
  const auto compare = [&](bool same, const std::string& key) {
    if (!same) append_item(changed, key);
  };
  compare(current.api.listen == next.api.listen, "api.listen");
  compare(current.api.control_socket == next.api.control_socket, "api.control_socket");
  compare(current.frr.announcer == next.frr.announcer, "frr.announcer");
  // They name the daemons that are told.
  compare(current.frr.protocols == next.frr.protocols || !current.frr.traits().writes_lines,
          "frr.protocols");
  compare(current.frr.route_type == next.frr.route_type, "frr.route_type");
  compare(current.frr.dialect == next.frr.dialect, "frr.dialect");
  compare(current.frr.zserv_socket == next.frr.zserv_socket, "frr.zserv_socket");
  compare(current.frr.zebra_vty_socket == next.frr.zebra_vty_socket, "frr.zebra_vty_socket");
  compare(current.node.state_file == next.node.state_file, "node.state_file");
  compare(current.vips.route_protocol == next.vips.route_protocol, "vips.route_protocol");
  compare(current.vips.lease == next.vips.lease, "vips.lease");
  for (const std::string& name : moved_services(current, next)) {
    compare(false, "services." + name + ".vrf");
  }
  if (changed.empty()) return "";
  return changed + " cannot change while running: restart the agent instead";
}

void apply_config(Turn& turn, const std::shared_ptr<const Config>& config) {
  VIPHERD_ASSERT(config != nullptr);
  State& state = turn.state;
  if (is_stopping(state)) return;
  const bool first = state.config == nullptr;
  const std::string obstacle = first ? "" : reload_obstacle(*state.config, *config);
  if (!obstacle.empty()) return reject_config(turn, obstacle);
  take_config(turn, config);
  state.locals_changed = true;
  state.last_reload_failed = false;
  state.config_cause = {turn.now, first ? "read at start" : "reloaded"};
  if (!first) {
    turn.note(LogLevel::info, "configuration reloaded",
              StateChange{.kind = StateChange::Kind::config, .state = "applied"});
  }
  if (first) state.phase_cause = {turn.now, "waiting for the first picture of the kernel"};
  // What bgpd said may be the very thing that was put right; it will say it again.
  state.surroundings.bgp_peers.clear();
  compare_surroundings(turn);
  take_watches(turn);  // of VIPs that are not refused
  compare_router_ids(turn);
  evaluate_all(turn);
  read_kernel(turn);
}

void reject_config(Turn& turn, const std::string& why) {
  turn.state.last_reload_failed = true;
  turn.state.config_cause = {turn.now, why};
  turn.note(LogLevel::error, "reload rejected, nothing was changed: " + why,
            StateChange{.kind = StateChange::Kind::config, .state = "rejected"});
}

void drop_everything(Turn& turn, const std::string& why) {
  end_watches(turn);
  for (auto position = turn.state.checks.begin(); position != turn.state.checks.end();) {
    remove_check(turn, position);
  }
  for (auto& [name, service] : turn.state.services) forget_flaps(turn.state, name, service);
  turn.state.services.clear();
  release_unlisted_vips(turn.state, why);
}

}  // namespace vipherd::core
