#include "core/check_fsm.hpp"

#include <algorithm>

#include "core/limits.hpp"

namespace vipherd::core {
namespace {

using namespace model;

/// A streak against the verdict is running: look again sooner.
bool is_wavering(const CheckState& check) {
  switch (check.verdict) {
    case Verdict::undecided:
      return true;
    case Verdict::up:
      return check.fails > 0;
    case Verdict::down:
      return check.passes > 0;
  }
  return false;
}

void schedule_next(State& state, const CheckId& id, CheckState& check, TimePoint now) {
  const Duration pace = is_wavering(check) ? check.config->fast_interval : check.config->interval;
  state.alarms.set(id, std::max(now, check.started + pace));
}

Verdict judge(const CheckState& check, bool pass) {
  if (check.fresh) return pass ? Verdict::up : Verdict::down;
  if (pass && check.passes >= check.config->rise) return Verdict::up;
  if (!pass && check.fails >= check.config->fall) return Verdict::down;
  return check.verdict;
}

bool conclude(const CheckId& id, CheckState& check, const ProbeResult& result, TimePoint now,
              Actions& out) {
  check.in_flight = false;
  check.passes = result.pass ? check.passes + 1 : 0;
  check.fails = result.pass ? 0 : check.fails + 1;
  check.last = result;
  check.last_at = now;
  const Verdict verdict = judge(check, result.pass);
  const bool changed = verdict != check.verdict;
  // A first result under a new definition counts even when it confirms the verdict: the
  // service may be waiting for it.
  const bool first = check.fresh;
  check.fresh = false;
  if (changed) {
    check.verdict = verdict;
    check.cause = {now, result.reason};
    out.emplace_back(action::Note{
        verdict == Verdict::down ? LogLevel::warning : LogLevel::info,
        "check " + id.to_string() + " " + std::string(to_string(verdict)) + ": " + result.reason});
  }
  return changed || first;
}

}  // namespace

void start_probe(State& state, const CheckId& id, CheckState& check, TimePoint now,
                 Actions& out) {
  if (check.in_flight) return;
  check.in_flight = true;
  check.started = now;
  check.generation = ++state.last_generation;
  out.emplace_back(action::StartProbe{id, check.generation, check.config});
  state.alarms.set(id, now + check.config->timeout + kProbeGrace);
}

bool take_result(State& state, const CheckId& id, CheckState& check,
                 const event::ProbeFinished& finished, TimePoint now, Actions& out) {
  if (!check.in_flight || finished.generation != check.generation) return false;
  const bool changed = conclude(id, check, finished.result, now, out);
  schedule_next(state, id, check, now);
  return changed;
}

bool on_check_alarm(State& state, const CheckId& id, CheckState& check, TimePoint now,
                    Actions& out) {
  if (!check.in_flight) {
    start_probe(state, id, check, now, out);
    return false;
  }
  out.emplace_back(action::CancelProbe{id});
  const ProbeResult silence{false, "the probe did not report within its timeout",
                            now - check.started};
  const bool changed = conclude(id, check, silence, now, out);
  schedule_next(state, id, check, now);
  return changed;
}

}  // namespace vipherd::core
