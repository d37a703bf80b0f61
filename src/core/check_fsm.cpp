#include "core/check_fsm.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "core/check_vips.hpp"
#include "core/limits.hpp"

namespace vipherd::core {
namespace {

using namespace model;

/// `whole` x `part` / 2^32.
Duration share(Duration whole, std::uint32_t part) {
  constexpr std::int64_t kUnits = 1'000'000;  // keeps the product of a day within 64 bits
  const auto millionths = static_cast<std::int64_t>((std::uint64_t{part} * kUnits) >> 32U);
  return whole / kUnits * millionths + whole % kUnits * millionths / kUnits;
}

/// Failures that count towards `fall`.
std::uint32_t counted_fails(const CheckState& check) {
  const std::uint32_t window = check.config->fall_window;
  if (window == 0) return check.fails;
  const std::uint64_t mask = window >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << window) - 1;
  return static_cast<std::uint32_t>(std::popcount(check.recent & mask));
}

/// A change is in the air: look again sooner.
bool is_wavering(const CheckState& check) {
  switch (check.health) {
    case CheckHealth::undecided:
      return true;
    case CheckHealth::up:
      return counted_fails(check) > 0;
    case CheckHealth::down:
      return check.passes > 0;
  }
  return false;
}

/// Pseudo-random and repeatable (splitmix64), so that a history can be replayed.
Duration jitter_of(const CheckState& check) {
  if (check.config->jitter <= Duration{}) return {};
  std::uint64_t x = check.generation * 0x9e3779b97f4a7c15U + check.phase;
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
  return share(check.config->jitter, static_cast<std::uint32_t>(x >> 32U));
}

/// The check's first regular moment after its last start.
TimePoint next_regular(const CheckState& check, Duration period) {
  const TimePoint first = check.origin + share(period, check.phase);
  if (check.started < first) return first;
  return first + ((check.started - first) / period + 1) * period;
}

TimePoint next_start(const CheckState& check) {
  if (is_wavering(check)) return check.started + check.config->fast_interval;
  const bool down = check.health == CheckHealth::down;
  const TimePoint regular =
      next_regular(check, down ? check.config->down_interval : check.config->interval) +
      jitter_of(check);
  if (check.alarmed_at == TimePoint{}) return regular;
  const Duration since = check.started - check.alarmed_at;
  if (since > (down ? kLookForStart : kLookForEnd)) return regular;
  return std::min(regular, check.started + std::max(kLookAgainFirst, since));
}

void start_probe(Turn& turn, const CheckId& id, CheckState& check) {
  if (const auto missing = find_missing_vip(turn.state, *check.config)) {
    if (!check.missing_since) check.missing_since = turn.now;
    if (check.fresh) check.cause.reason = missing->reason;
    return turn.state.alarms.set(id, turn.now + kLookForVips);
  }
  check.missing_since.reset();
  check.in_flight = true;
  check.again = false;
  check.put_off_to.reset();
  check.started = turn.now;
  check.generation = ++turn.state.last_generation;
  turn.out.emplace_back(
      action::StartProbe{id, check.generation, without_refused_vips(turn.state, check.config)});
  turn.state.alarms.set(id, turn.now + check.config->timeout + kProbeGrace);
}

void wait_for_next(State& state, const CheckId& id, const CheckState& check, TimePoint now) {
  const TimePoint next = std::min(next_start(check), check.put_off_to.value_or(TimePoint::max()));
  state.alarms.set(id, std::max(now, next));
}

void go_on(Turn& turn, const CheckId& id, CheckState& check) {
  if (check.again) return start_probe(turn, id, check);
  wait_for_next(turn.state, id, check, turn.now);
}

CheckHealth health_after(const CheckState& check, const ProbeResult& result) {
  if (check.fresh) return result.pass ? CheckHealth::up : CheckHealth::down;
  const CheckConfig& config = *check.config;
  if (result.pass) return check.passes >= config.rise ? CheckHealth::up : check.health;
  const bool certain = result.failure == Failure::refused && config.refused_decides;
  return certain || counted_fails(check) >= config.fall ? CheckHealth::down : check.health;
}

void count(CheckState& check, const ProbeResult& result) {
  check.passes = result.pass ? check.passes + 1 : 0;
  check.fails = result.pass ? 0 : check.fails + 1;
  check.recent = (check.recent << 1U) | (result.pass ? 0U : 1U);
}

/// What will become a failure is told when it is new.
void tell_warning(Turn& turn, const CheckId& id, const CheckState& check,
                  const ProbeResult& result) {
  if (!result.pass) return;
  const std::string before = check.last ? check.last->warning : "";
  if (result.warning == before) return;
  turn.out.emplace_back(
      result.warning.empty()
          ? action::Note{LogLevel::info, "check " + id.to_string() + " warns no more: " + before}
          : action::Note{LogLevel::warning,
                         "check " + id.to_string() + " warns: " + result.warning});
}

/// A check that could not run says nothing where the service fails open.
bool is_held_open(const State& state, const CheckId& id, const ProbeResult& result) {
  if (result.pass || result.failure != Failure::not_run) return false;
  const auto service = state.services.find(id.service);
  return service != state.services.end() && service->second.config->fail_open;
}

void remember(CheckState& check, const ProbeResult& result, TimePoint now) {
  check.last = result;
  check.last_at = now;
}

void hold_open(Turn& turn, const CheckId& id, CheckState& check, const ProbeResult& result) {
  const bool news = !check.last || check.last->failure != Failure::not_run || check.last->pass;
  if (news) {
    turn.note(
        LogLevel::warning,
        "check " + id.to_string() + " stays " + std::string(to_string(check.health)) +
            " (fail_open): " + result.reason,
        StateChange{.kind = StateChange::Kind::remark, .service = id.service, .check = id.check});
  }
  remember(check, result, turn.now);
}

bool conclude(Turn& turn, const CheckId& id, CheckState& check, const ProbeResult& result) {
  check.in_flight = false;
  if (is_held_open(turn.state, id, result)) {
    hold_open(turn, id, check, result);
    return false;
  }
  count(check, result);
  tell_warning(turn, id, check, result);
  remember(check, result, turn.now);
  const CheckHealth health = health_after(check, result);
  // A first result under a new definition counts even when it confirms the health: the
  // service may be waiting for it.
  const bool first = std::exchange(check.fresh, false);
  if (health == check.health) return first;
  check.health = health;
  check.recent = 0;
  check.cause = {turn.now, result.reason};
  turn.note(health == CheckHealth::down ? LogLevel::warning : LogLevel::info,
            "check " + id.to_string() + " " + std::string(to_string(health)) + ": " + result.reason,
            StateChange{.kind = StateChange::Kind::check,
                        .service = id.service,
                        .check = id.check,
                        .state = to_string(health)});
  return true;
}

/// Set if the check has to fail because a VIP that it connects to is missing and is not put back:
/// nothing is known of the service, and other VIPs must not stay announced for it.
std::string why_unprobed(const State& state, const CheckState& check, TimePoint now) {
  if (!check.missing_since) return {};
  const auto missing = find_missing_vip(state, *check.config);
  if (!missing) return {};
  return missing->refused || now >= *check.missing_since + kLostPatience ? missing->reason : "";
}

bool fail_unprobed(Turn& turn, const CheckId& id, CheckState& check, const std::string& why) {
  check.again = false;
  check.put_off_to.reset();
  check.started = turn.now;
  ProbeResult result;
  result.reason = "the check could not run: " + why;
  result.failure = Failure::not_run;
  const bool changed = conclude(turn, id, check, result);
  wait_for_next(turn.state, id, check, turn.now);
  return changed;
}

}  // namespace

void place_check(State& state, CheckState& check, TimePoint now) {
  // Multiples of the golden ratio: however many checks there are, their phases are spread evenly.
  constexpr std::uint32_t kGolden = 2'654'435'769U;
  check.phase = state.checks_made++ * kGolden;
  check.origin = now;
}

void probe_afresh(Turn& turn, const CheckId& id, CheckState& check, Duration splay) {
  if (check.in_flight) turn.out.emplace_back(action::CancelProbe{id});
  check.in_flight = check.again = false;
  check.fresh = true;
  check.passes = check.fails = 0;
  check.recent = 0;
  check.missing_since.reset();
  if (splay <= Duration{}) return probe_now(turn, id, check);
  turn.state.alarms.set(id, turn.now + share(splay, check.phase));
}

void probe_now(Turn& turn, const CheckId& id, CheckState& check) {
  if (check.in_flight) {
    check.again = true;
  } else {
    start_probe(turn, id, check);
  }
}

void probe_alarmed(Turn& turn, const CheckId& id, CheckState& check) {
  constexpr Duration kAhead = kAlarmsAtOnce * kAlarmEvery;
  const TimePoint paid_until = std::max(check.alarms_until, turn.now) + kAlarmEvery;
  if (paid_until > turn.now + kAhead) {
    check.put_off_to = paid_until - kAhead;
    if (!check.in_flight) wait_for_next(turn.state, id, check, turn.now);
    return;
  }
  check.alarms_until = paid_until;
  check.alarmed_at = turn.now;
  probe_now(turn, id, check);
}

bool take_result(Turn& turn, const CheckId& id, CheckState& check,
                 const event::ProbeFinished& finished) {
  const bool changed = conclude(turn, id, check, finished.result);
  go_on(turn, id, check);
  return changed;
}

bool on_check_alarm(Turn& turn, const CheckId& id, CheckState& check) {
  if (!check.in_flight) {
    if (const std::string why = why_unprobed(turn.state, check, turn.now); !why.empty()) {
      return fail_unprobed(turn, id, check, why);
    }
    start_probe(turn, id, check);
    return false;
  }
  turn.out.emplace_back(action::CancelProbe{id});
  ProbeResult silence;
  silence.reason = "the probe did not report within its timeout";
  silence.latency = turn.now - check.started;
  const bool changed = conclude(turn, id, check, silence);
  go_on(turn, id, check);
  return changed;
}

}  // namespace vipherd::core
