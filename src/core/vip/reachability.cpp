#include "core/vip/reachability.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "core/guard.hpp"
#include "core/limits.hpp"
#include "core/vip/note.hpp"
#include "core/vip/route.hpp"

namespace vipherd::core {
namespace {

using namespace model;

/// What is withdrawn may be announced all the same, and routers would go on sending: another
/// program has given the node the address, FRR's configuration names it, or a daemon that has lost
/// zebra was not told. What a predecessor handed over is still to be.
bool may_linger(const VipState& vip) {
  return vip.route.step == RouteStep::withdrawn && !vip.wants_route() && !vip.route.maybe_announced;
}

bool is_watched(const State& state, const VipState& vip) {
  if (state.phase == Phase::stopping) return false;
  return vip.route.step == RouteStep::announced || may_linger(vip) || needs_others(state, vip);
}

/// Many new VIPs are looked at one after the other, and keep that distance from then on: the
/// daemons have other work to do.
TimePoint next_slot(State& state, TimePoint earliest) {
  state.observe_slot = std::max(earliest, state.observe_slot + kObserveSpacing);
  return state.observe_slot;
}

/// Until all VIPs were asked about once.
Duration round_of(const State& state) {
  return static_cast<std::int64_t>(state.vips.size()) * kObserveSpacing;
}

Duration pause_of(const State& state, const VipState& vip) {
  const bool settled = vip.reach.step == Advertised::to_all || vip.reach.asked > kObserveEagerly;
  // Noticed by half the deadline, it can be looked at again before the deadline has passed.
  const Duration every = std::min(kObserveEvery, state.config->frr.reach_deadline / 2);
  const Duration usual = needs_others(state, vip) ? std::min(kObserveOthers, every) : every;
  if (settled) return std::max(usual, 2 * round_of(state));
  return std::max(backoff(kObserveFirst, usual, vip.reach.asked), round_of(state));
}

/// What is not known is neither good nor bad.
Advertised evaluate(const std::vector<SeenReach>& told) {
  std::size_t good = 0;
  std::size_t bad = 0;
  for (const SeenReach& seen : told) {
    if (seen.value() == nullptr) continue;
    ++(seen.value()->problem.empty() ? good : bad);
  }
  if (good == told.size()) return Advertised::to_all;
  if (bad == told.size()) return Advertised::to_none;
  return bad > 0 ? Advertised::to_some : Advertised::unknown;
}

/// Why it is not advertised, or why that is not known; empty if it is.
const std::string& problem_of(const SeenReach& seen) {
  return seen.value() == nullptr ? seen.why_unknown() : seen.value()->problem;
}

std::string describe(const std::vector<SeenReach>& told) {
  std::string text;
  for (const SeenReach& seen : told) {
    std::string part = problem_of(seen);
    if (part.empty()) {
      part = seen.source() + " advertises it to";
      for (const std::string& neighbour : seen.value()->neighbours) part += " " + neighbour;
    }
    text += (text.empty() ? "" : "; ") + part;
  }
  return text;
}

std::string problems(const std::vector<SeenReach>& told) {
  std::string text;
  for (const SeenReach& seen : told) {
    const std::string& problem = problem_of(seen);
    if (!problem.empty()) text += (text.empty() ? "" : "; ") + problem;
  }
  return text;
}

/// The age of an answer is that of its oldest part.
TimePoint oldest(const std::vector<SeenReach>& told, TimePoint now) {
  TimePoint at = now;
  for (const SeenReach& seen : told) at = std::min(at, seen.at());
  return at;
}

/// Zebra passes a route on anew when it is told it again. Only of use where a daemon has not got
/// it. A daemon may have missed all VIPs at once: none waits for another.
void repair(Turn& turn, const IpAddress& address, VipState& vip) {
  const bool lacking = std::ranges::any_of(vip.reach.told, [](const SeenReach& seen) {
    const Reach* reach = seen.value();
    return reach != nullptr && !reach->originated && !reach->problem.empty();
  });
  const bool spaced =
      !vip.route.changed_at ||
      turn.now >= *vip.route.changed_at + turn.state.config->frr.min_change_interval;
  if (!lacking || !spaced || vip.route.step != RouteStep::announced) return;
  if (turn.now < vip.reach.repair_at) return;
  vip.reach.repair_at = turn.now + backoff(kRepairFirst, kRepairAtMost, ++vip.reach.repairs);
  announce_again(turn, address, vip);
  if (vip.reach.repairs == 1) {
    note(turn, LogLevel::info, address, vip, "is announced again, to repair that");
  }
}

std::string lack_of(Advertised step) {
  switch (step) {
    case Advertised::to_none:
      return "advertised to none";
    case Advertised::to_some:
      return "advertised to some only";
    case Advertised::unknown:
    case Advertised::to_all:
    case Advertised::stale:
      break;
  }
  return "it is not known to whom it is advertised";
}

/// When it is an alarm that it is not advertised to all. Counted from when it last was, not from
/// when that was noticed.
TimePoint alarm_at(const State& state, const VipState& vip) {
  return std::max(vip.route.cause.since, vip.reach.good_at) + state.config->frr.reach_deadline;
}

void sound_alarm(Turn& turn, const IpAddress& address, VipState& vip) {
  ReachState& reach = vip.reach;
  // With many VIPs one may be looked at for the first time when the deadline has passed: one look
  // is not enough, the daemons may be about to settle.
  if (turn.now < alarm_at(turn.state, vip) || turn.now <= reach.cause.since) return;
  if (!std::exchange(reach.alarmed, true)) {
    note(turn, LogLevel::error, address, vip,
         "is announced to zebra, but " + lack_of(reach.step) + ": " + problems(reach.told));
  }
  repair(turn, address, vip);
}

void relieve(Turn& turn, const IpAddress& address, VipState& vip) {
  vip.reach.repairs = 0;
  if (!std::exchange(vip.reach.alarmed, false)) return;
  note(turn, LogLevel::info, address, vip, "is advertised to all again: " + vip.reach.cause.reason);
}

constexpr std::string_view kNoOrigin =
    "remove the network statement that another program added, or restart the daemon if there is "
    "none";

/// Whether zebra has the route from a routing protocol, and so from another router.
bool is_learned(std::string_view route) {
  constexpr std::array<std::string_view, 9> kProtocols{
      "bgp ", "ospf ", "ospf6 ", "isis ", "rip ", "ripng ", "eigrp ", "babel ", "openfabric "};
  return std::ranges::any_of(kProtocols, [&](auto name) { return route.starts_with(name); });
}

/// Where the daemons have it from, as zebra's RIB says, and what is to be done.
std::string origin_of(const State& state, const VipState& vip) {
  const event::SelectedRoute& route = vip.reach.route;
  switch (route.rib) {
    case RibState::unknown:
    case RibState::not_selected:
      return route.detail.empty() ? ""
                                  : " (its route could not be looked up: " + route.detail + ")";
    case RibState::absent:
      return "; zebra has no route for it: " + std::string(kNoOrigin);
    case RibState::selected:
      break;
  }
  if (route.detail.starts_with(to_string(state.config->frr.route_type))) {
    return ": zebra has not removed vipherd's route (" + route.detail + ")";
  }
  // What other nodes announce: not where a daemon of this one has it from.
  if (is_learned(route.detail)) {
    return "; zebra has it from other routers alone (" + route.detail +
           "): " + std::string(kNoOrigin);
  }
  if (!route.detail.starts_with("connected ")) {
    return ": " + route.detail + " that another program added; remove it";
  }
  if (vip.attachment.seen == KernelRoute::ours)
    return ": " + route.detail + ", still attached by vipherd";
  return ": " + route.detail + ", an address that another program added; remove it";
}

/// Of a VIP that is not announced: is that so everywhere?
void evaluate_stale(Turn& turn, const IpAddress& address, VipState& vip) {
  ReachState& reach = vip.reach;
  std::string who;
  bool all_known = true;
  for (const SeenReach& seen : reach.told) {
    all_known = all_known && seen.value() != nullptr;
    const bool holds = seen.value() != nullptr && seen.value()->originated;
    if (holds) who += (who.empty() ? "" : " and ") + seen.source();
  }
  const Advertised step = who.empty() ? Advertised::unknown : Advertised::stale;
  if (step != reach.step) reach.cause.since = turn.now;
  reach.step = step;
  if (who.empty() && !all_known) {
    reach.cause.reason = "it is not known whether it is still advertised: " + problems(reach.told);
    return;
  }
  if (who.empty()) {
    reach.route = {};
    reach.cause.reason = "not announced";
    if (std::exchange(reach.alarmed, false)) {
      note(turn, LogLevel::info, address, vip, "is announced by no daemon any more");
    }
    return;
  }
  reach.cause.reason = "still announced by " + who + origin_of(turn.state, vip);
  const bool late = turn.now >= std::max(vip.route.cause.since, reach.cause.since) +
                                    turn.state.config->frr.reach_deadline;
  if (late && !std::exchange(reach.alarmed, true)) {
    note(turn, LogLevel::error, address, vip, "is withdrawn, but " + reach.cause.reason);
  }
}

}  // namespace

void drive_reach(Turn& turn, const IpAddress& address, VipState& vip) {
  ReachState& reach = vip.reach;
  if (!is_watched(turn.state, vip)) {
    if (reach.asked > 0 || reach.ask_at != TimePoint{}) reach = {};
    return;
  }
  if (reach.ask_at == TimePoint{}) reach.ask_at = next_slot(turn.state, turn.now + kObserveFirst);
  if (turn.now < reach.ask_at) return;
  ++reach.asked;
  // An answer that never comes is no reason never to ask again.
  reach.ask_at = turn.now + pause_of(turn.state, vip);
  turn.out.emplace_back(action::Observe{address, vip.vrf});
}

std::optional<TimePoint> next_reach_look(const State& state, const VipState& vip) {
  if (!is_watched(state, vip) || vip.reach.ask_at == TimePoint{}) return std::nullopt;
  return vip.reach.ask_at;
}

void on_observation(Turn& turn, const IpAddress& address, VipState& vip,
                    const event::Observed& observed) {
  ReachState& reach = vip.reach;
  if (!is_watched(turn.state, vip)) return;
  reach.told = observed.reach;
  const TimePoint at = oldest(reach.told, turn.now);
  reach.told_until = at + kOthersValid;
  if (needs_others(turn.state, vip)) {
    reach.told_until = std::max(reach.told_until, at + 2 * pause_of(turn.state, vip));
  }
  if (may_linger(vip)) {
    evaluate_stale(turn, address, vip);
    if (reach.step == Advertised::stale)
      turn.out.emplace_back(action::LookUpRoute{address, vip.vrf});
    return;
  }
  if (vip.route.step != RouteStep::announced) {
    // What it says of others counts; of ourselves there is nothing to be told.
    reach.step = Advertised::unknown;
    reach.cause = {turn.now, "not announced"};
    return;
  }
  const Advertised step = evaluate(reach.told);
  const bool got_worse = reach.step == Advertised::to_all && step != Advertised::to_all;
  if (step != reach.step) reach.cause.since = turn.now;
  reach.step = step;
  reach.cause.reason = describe(reach.told);
  if (step == Advertised::to_all) {
    reach.good_at = oldest(reach.told, turn.now);
    relieve(turn, address, vip);
    return;
  }
  if (got_worse) {
    reach.asked = 0;
    reach.ask_at = next_slot(turn.state, turn.now + kObserveFirst);
  }
  sound_alarm(turn, address, vip);
  if (!reach.alarmed && turn.now < alarm_at(turn.state, vip)) {
    reach.ask_at = std::min(reach.ask_at, alarm_at(turn.state, vip));
  }
}

void on_route_lookup(Turn& turn, const IpAddress& address, VipState& vip,
                     const event::SelectedRoute& route) {
  if (vip.reach.step != Advertised::stale || !may_linger(vip)) return;
  vip.reach.route = route;
  evaluate_stale(turn, address, vip);
}

}  // namespace vipherd::core
