#include "core/watches.hpp"

#include <map>
#include <utility>

#include "core/check_fsm.hpp"
#include "core/limits.hpp"

namespace vipherd::core {
namespace {

using namespace model;

std::map<WatchId, WatchTarget> wanted_watches(const Config& config) {
  std::map<WatchId, WatchTarget> wanted;
  for (const ServiceConfig& service : config.services) {
    if (!service.enabled) continue;
    if (!service.watch_unit.empty()) {
      wanted[{service.name, "", WatchKind::unit}] = {service.watch_unit, ""};
    }
    if (!service.watch_pid_file.empty()) {
      wanted[{service.name, "", WatchKind::pid_file}] = {service.watch_pid_file, ""};
    }
    for (const CheckConfig& check : service.checks) {
      if (check.watch_connection.what.empty()) continue;
      wanted[{service.name, check.name, WatchKind::connection}] = check.watch_connection;
    }
  }
  return wanted;
}

/// A connection needs somebody who takes it; a unit or a file can be looked at before there is one.
bool can_await(WatchKind kind) { return kind != WatchKind::connection; }

void start(State& state, const WatchId& id, WatchState& watch, TimePoint now, Actions& out) {
  watch.step = WatchStep::watching;
  watch.generation = ++state.last_generation;
  watch.started = now;
  watch.cause = {now, ""};
  out.emplace_back(action::StartWatch{id, watch.generation, watch.target});
}

/// A service may close idle connections: what ends at once, again and again, is tried less often.
void take_step(WatchState& watch, const event::WatchFired& fired, TimePoint now) {
  if (fired.then != WatchStep::watching) {
    const bool brief = now - watch.started < kBriefWatch;
    watch.brief = brief ? watch.brief + 1 : 0;
    watch.not_before = brief ? now + backoff(kWatchAgainFirst, kRetryAtMost, watch.brief) : now;
  }
  if (std::exchange(watch.step, fired.then) != fired.then) watch.cause.since = now;
  watch.cause.why = fired.what;
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

void renew(State& state, const WatchId& id, bool passed, TimePoint now, Actions& out) {
  const auto found = state.watches.find(id);
  if (found == state.watches.end() || now < found->second.not_before) return;
  if (is_due(id, found->second, passed)) start(state, id, found->second, now, out);
}

/// A check that finds nothing has no use for hearing that nothing is there.
bool is_news(const event::WatchFired& fired, const CheckState& check) {
  return fired.news || check.verdict == Verdict::up || check.passes > 0;
}

}  // namespace

void take_watches(State& state, const Config* config, TimePoint now, Actions& out) {
  const auto wanted = config != nullptr ? wanted_watches(*config) : decltype(wanted_watches({})){};
  for (auto position = state.watches.begin(); position != state.watches.end();) {
    const auto& [id, watch] = *position;
    const auto found = wanted.find(id);
    if (found != wanted.end() && found->second == watch.target) {
      ++position;
      continue;
    }
    if (watch.is_on()) out.emplace_back(action::StopWatch{id});
    position = state.watches.erase(position);
  }
  for (const auto& [id, target] : wanted) {
    const auto [position, added] = state.watches.try_emplace(id);
    if (!added) continue;
    position->second.target = target;
    position->second.cause.since = now;
    // What starts the service is worth a probe, too.
    if (can_await(id.kind)) start(state, id, position->second, now, out);
  }
}

void renew_watches(State& state, const CheckId& check, bool passed, TimePoint now, Actions& out) {
  renew(state, {check.service, check.check, WatchKind::connection}, passed, now, out);
  renew(state, {check.service, "", WatchKind::unit}, passed, now, out);
  renew(state, {check.service, "", WatchKind::pid_file}, passed, now, out);
}

void took_watch(State& state, const event::WatchFired& fired, TimePoint now, Actions& out) {
  const auto found = state.watches.find(fired.watch);
  if (found == state.watches.end()) return;
  WatchState& watch = found->second;
  if (!watch.is_on() || watch.generation != fired.generation) return;
  take_step(watch, fired, now);
  out.emplace_back(action::Note{LogLevel::debug,
                                "probing service " + fired.watch.service + " now: " + fired.what});
  const std::string& service = fired.watch.service;
  for (auto check = state.checks.lower_bound({service, fired.watch.check});
       check != state.checks.end() && check->first.service == service; ++check) {
    if (!fired.watch.check.empty() && check->first.check != fired.watch.check) break;
    if (!is_news(fired, check->second)) continue;
    probe_alarmed(state, check->first, check->second, now, out);
  }
}

}  // namespace vipherd::core
