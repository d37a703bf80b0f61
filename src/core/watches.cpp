#include "core/watches.hpp"

#include <map>
#include <utility>

#include "core/check_fsm.hpp"
#include "core/limits.hpp"
#include "core/surroundings.hpp"

namespace vipherd::core {
namespace {

using namespace model;

/// Where the check's idle connection is held to; null if there is nowhere.
const WatchTarget* connection_of(const State& state, const CheckConfig& check) {
  for (std::size_t index = 0; index < check.watch_connections.size(); ++index) {
    const bool refused =
        !check.vip_targets.empty() && refusal_of(state, check.needed_vips[index]) != nullptr;
    if (!refused) return &check.watch_connections[index];
  }
  return nullptr;
}

std::map<WatchId, WatchTarget> wanted_watches(const State& state) {
  std::map<WatchId, WatchTarget> wanted;
  for (const ServiceConfig& service : state.config->services) {
    if (!service.enabled) continue;
    if (!service.watch.unit.empty()) {
      wanted[{service.name, "", WatchKind::unit}] = {service.watch.unit, ""};
    }
    if (!service.watch.pid_file.empty()) {
      wanted[{service.name, "", WatchKind::pid_file}] = {service.watch.pid_file, ""};
    }
    for (const CheckConfig& check : service.checks) {
      if (const WatchTarget* connection = connection_of(state, check)) {
        wanted[{service.name, check.name, WatchKind::connection}] = *connection;
      }
    }
  }
  return wanted;
}

/// A connection needs a server that takes it; a unit or a file can be looked at before there is
/// one.
bool can_await(WatchKind kind) { return kind != WatchKind::connection; }

void start(Turn& turn, const WatchId& id, WatchState& watch) {
  watch.step = WatchStep::watching;
  watch.generation = ++turn.state.last_generation;
  watch.started = turn.now;
  watch.cause = {turn.now, ""};
  turn.out.emplace_back(action::StartWatch{id, watch.generation, watch.target});
}

/// A service may close idle connections: what ends at once, again and again, is tried less often.
void take_step(WatchState& watch, const event::WatchFired& fired, TimePoint now) {
  if (fired.then != WatchStep::watching) {
    const bool brief = now - watch.started < kBriefWatch;
    watch.brief = brief ? watch.brief + 1 : 0;
    watch.not_before = brief ? now + backoff(kWatchAgainFirst, kRetryAtMost, watch.brief) : now;
  }
  if (std::exchange(watch.step, fired.then) != fired.then) watch.cause.since = now;
  watch.cause.reason = fired.what;
}

/// Whether there is reason to set it up anew.
bool is_due(const WatchId& id, const WatchState& watch, bool passed) {
  switch (watch.step) {
    case WatchStep::ended:
      return passed || id.kind == WatchKind::unit;
    case WatchStep::awaiting_start:
      // The service is there, and its file tells no changes: another machine's, for instance.
      return passed && id.kind == WatchKind::pid_file;
    case WatchStep::watching:
      return false;
  }
  return false;
}

void renew(Turn& turn, const WatchId& id, bool passed) {
  const auto found = turn.state.watches.find(id);
  if (found == turn.state.watches.end() || turn.now < found->second.not_before) return;
  if (is_due(id, found->second, passed)) start(turn, id, found->second);
}

/// A check that finds nothing has no use for hearing that nothing is there.
bool is_news(const event::WatchFired& fired, const CheckState& check) {
  return fired.news || check.health == CheckHealth::up || check.passes > 0;
}

}  // namespace

void end_watches(Turn& turn) {
  for (const auto& [id, watch] : turn.state.watches) {
    if (watch.is_on()) turn.out.emplace_back(action::StopWatch{id});
  }
  turn.state.watches.clear();
}

void take_watches(Turn& turn) {
  const auto wanted = wanted_watches(turn.state);
  for (auto position = turn.state.watches.begin(); position != turn.state.watches.end();) {
    const auto& [id, watch] = *position;
    const auto found = wanted.find(id);
    if (found != wanted.end() && found->second == watch.target) {
      ++position;
      continue;
    }
    if (watch.is_on()) turn.out.emplace_back(action::StopWatch{id});
    position = turn.state.watches.erase(position);
  }
  for (const auto& [id, target] : wanted) {
    const auto [position, added] = turn.state.watches.try_emplace(id);
    if (!added) continue;
    position->second.target = target;
    position->second.cause.since = turn.now;
    // What starts the service is worth a probe, too.
    if (can_await(id.kind)) start(turn, id, position->second);
  }
}

void renew_watches(Turn& turn, const CheckId& check, bool passed) {
  renew(turn, {check.service, check.check, WatchKind::connection}, passed);
  renew(turn, {check.service, "", WatchKind::unit}, passed);
  renew(turn, {check.service, "", WatchKind::pid_file}, passed);
}

void on_watch(Turn& turn, const event::WatchFired& fired) {
  const auto found = turn.state.watches.find(fired.watch);
  if (found == turn.state.watches.end()) return;
  WatchState& watch = found->second;
  if (!watch.is_on() || watch.generation != fired.generation) return;
  take_step(watch, fired, turn.now);
  turn.note(LogLevel::debug, "probing service " + fired.watch.service + " now: " + fired.what);
  const std::string& service = fired.watch.service;
  for (auto check = turn.state.checks.lower_bound({service, fired.watch.check});
       check != turn.state.checks.end() && check->first.service == service; ++check) {
    if (!fired.watch.check.empty() && check->first.check != fired.watch.check) break;
    if (!is_news(fired, check->second)) continue;
    probe_alarmed(turn, check->first, check->second);
  }
}

}  // namespace vipherd::core
