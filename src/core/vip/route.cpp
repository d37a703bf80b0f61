#include "core/vip/route.hpp"

#include <algorithm>
#include <utility>

#include "core/limits.hpp"
#include "core/vip/attachment.hpp"
#include "core/vip/note.hpp"

namespace vipherd::core {
namespace {

using namespace model;

void enter(VipState& vip, RouteStep step, std::string why, TimePoint now) {
  vip.route.step = step;
  vip.route.cause = {now, std::move(why)};
}

/// The announcement is gone for certain; packets in flight are still answered for a while.
void confirm_withdrawn(Turn& turn, const IpAddress& address, VipState& vip, const std::string& why,
                       const VipsConfig& config) {
  enter(vip, RouteStep::withdrawn, vip.desired.reason, turn.now);
  vip.route.failure_told = false;
  keep_attached_until(vip, turn.now + config.detach_delay);
  vip.route.asked = 0;
  note_route(turn, LogLevel::info, address, vip, "withdrawn: " + why);
}

void send_announce(Turn& turn, const IpAddress& address, VipState& vip) {
  enter(vip, RouteStep::sent, "waiting for zebra to install the route", turn.now);
  vip.route.sent = vip.desired.route;
  vip.route.maybe_announced = vip.route.maybe_in_zebra = vip.route.was_installed = false;
  vip.route.changed_at = turn.now;
  vip.route.ask_at = turn.now + kAskAfter;
  turn.out.emplace_back(action::Announce{address, vip.vrf, vip.route.sent});
}

void send_withdraw(Turn& turn, const IpAddress& address, VipState& vip, const std::string& why) {
  const bool removed_will_come = vip.route.step == RouteStep::announced;
  enter(vip, RouteStep::withdrawing, why, turn.now);
  vip.route.changed_at = turn.now;
  vip.route.ask_at = turn.now + (removed_will_come ? kAskAfter : kAskSoon);
  vip.route.asked = 0;
  turn.out.emplace_back(action::Withdraw{address, vip.vrf});
  note_route(turn, LogLevel::info, address, vip, "withdrawing: " + why);
}

/// Of what may be in zebra, and may not: deleting what is not there is silent, and so nothing
/// confirms it. What is attached stays so meanwhile.
void withdraw_blindly(Turn& turn, const IpAddress& address, VipState& vip) {
  keep_attached_until(vip, std::max(vip.attachment.detach_not_before,
                                    turn.now + turn.state.config->vips.detach_delay));
  turn.out.emplace_back(action::Withdraw{address, vip.vrf});
}

void ask(Turn& turn, const IpAddress& address, VipState& vip) {
  ++vip.route.asked;
  vip.route.ask_at = turn.now + backoff(kAskAfter, kAskAtMostEvery, vip.route.asked);
  turn.out.emplace_back(action::InspectRoute{address, vip.vrf});
}

/// Steps of an announcement that is out and still wanted.
void tend_route(Turn& turn, const IpAddress& address, VipState& vip, bool change_allowed) {
  if (!vip.is_local()) return;  // being put back: nothing is announced meanwhile
  if (change_allowed && vip.route.sent != vip.desired.route) {
    send_announce(turn, address, vip);
    vip.route.asked = 0;
    return;
  }
  if (turn.now < vip.route.ask_at) return;
  switch (vip.route.step) {
    case RouteStep::sent:
    case RouteStep::not_selected:
      return ask(turn, address, vip);
    case RouteStep::failed: {
      if (!change_allowed) return;
      const std::uint32_t attempts = ++vip.route.asked;
      send_announce(turn, address, vip);
      vip.route.ask_at = turn.now + backoff(kAskAfter, kAskAtMostEvery, attempts);
      return;
    }
    case RouteStep::announced:
    case RouteStep::withdrawn:
    case RouteStep::withdrawing:
      return;
  }
}

}  // namespace

TimePoint change_allowed_at(const State& state, const VipState& vip) {
  if (!vip.route.changed_at) return TimePoint::min();
  return *vip.route.changed_at + state.config->frr.min_change_interval;
}

void drive_route(Turn& turn, const IpAddress& address, VipState& vip) {
  const bool change_allowed = turn.now >= change_allowed_at(turn.state, vip);
  switch (vip.route.step) {
    case RouteStep::withdrawn:
      if (!vip.wants_route() && std::exchange(vip.route.maybe_in_zebra, false)) {
        withdraw_blindly(turn, address, vip);
      }
      if (vip.route.maybe_announced && !vip.wants_route() && !vip.desired.keep_adopted &&
          turn.state.speaker.connected) {
        vip.route.maybe_announced = false;
        return send_withdraw(turn, address, vip, vip.desired.reason);
      }
      if (vip.wants_route() && vip.is_local() && vip.attachment.op == KernelOp::none &&
          turn.state.speaker.connected && change_allowed) {
        vip.route.asked = 0;
        send_announce(turn, address, vip);
      }
      return;
    case RouteStep::sent:
    case RouteStep::announced:
    case RouteStep::not_selected:
    case RouteStep::failed:
      if (!vip.wants_route() || is_beyond_repair(vip, turn.now)) {
        const std::string why = vip.wants_route()
                                    ? "it is not local any more: " + vip.attachment.cause.reason
                                    : vip.desired.reason;
        if (change_allowed) send_withdraw(turn, address, vip, why);
        return;
      }
      return tend_route(turn, address, vip, change_allowed);
    case RouteStep::withdrawing:
      if (turn.now >= vip.route.ask_at) {
        // Once more, in case the first was lost on us: deleting what is gone is silent.
        if (vip.route.asked > 0) turn.out.emplace_back(action::Withdraw{address, vip.vrf});
        ask(turn, address, vip);
      }
      return;
  }
}

void apply_route_outcome(Turn& turn, const IpAddress& address, VipState& vip, RouteOutcome outcome,
                         const VipsConfig& config) {
  switch (outcome) {
    case RouteOutcome::installed:
      vip.route.was_installed = true;
      vip.route.failure_told = false;
      if (vip.route.step == RouteStep::sent || vip.route.step == RouteStep::not_selected ||
          vip.route.step == RouteStep::failed) {
        enter(vip, RouteStep::announced, vip.desired.reason, turn.now);
        vip.route.asked = 0;
        note_route(turn, LogLevel::info, address, vip, "announced: " + vip.desired.reason);
      }
      return;
    case RouteOutcome::removed:
      if (vip.route.step == RouteStep::withdrawing) {
        // Without an INSTALLED before it, it speaks of an earlier announcement.
        if (vip.route.was_installed) {
          confirm_withdrawn(turn, address, vip, vip.route.cause.reason, config);
        }
      } else if (vip.route.step == RouteStep::announced) {
        // Not our doing. Zebra says INSTALLED again if it puts the route back; ask if not.
        enter(vip, RouteStep::sent, "zebra removed the route", turn.now);
        vip.route.was_installed = false;
        vip.route.ask_at = turn.now + kAskSoon;
        note_route(turn, LogLevel::warning, address, vip,
                   "was removed by zebra, not by vipherd: asking why");
      }
      return;
    case RouteOutcome::not_selected:
      vip.route.was_installed = false;
      if (vip.route.step == RouteStep::withdrawn) return;
      if (vip.route.step == RouteStep::withdrawing) {
        // Instead of REMOVED where another node's route to the VIP takes the place of ours: no
        // REMOVED will come, what zebra says when asked must do.
        vip.route.ask_at = turn.now;
        return;
      }
      if (vip.route.step != RouteStep::not_selected) {
        enter(vip, RouteStep::not_selected, "zebra prefers another route", turn.now);
        vip.route.ask_at = turn.now;  // who won is worth knowing at once
        note_route(turn, LogLevel::warning, address, vip,
                   "is not announced: zebra prefers another route");
      }
      return;
    case RouteOutcome::install_failed:
      if (vip.route.step == RouteStep::withdrawing || vip.route.step == RouteStep::withdrawn)
        return;
      if (vip.route.step != RouteStep::failed) {
        enter(vip, RouteStep::failed, "zebra could not install the route", turn.now);
        vip.route.ask_at = turn.now + backoff(kAskAfter, kAskAtMostEvery, vip.route.asked);
        if (!std::exchange(vip.route.failure_told, true)) {
          note_route(
              turn, LogLevel::error, address, vip,
              "is not announced: zebra could not install the route; trying again until it can");
        }
      }
      return;
    case RouteOutcome::remove_failed:
      if (vip.route.step == RouteStep::withdrawing) {
        note(turn, LogLevel::error, address, vip,
             "is not withdrawn: zebra could not remove the route");
      }
      return;
  }
}

void apply_inspection(Turn& turn, const IpAddress& address, VipState& vip,
                      const event::RouteInspected& inspected, const VipsConfig& config) {
  if (vip.route.step == RouteStep::withdrawing) {
    if (vip.route.asked == 0) return;  // the answer to a question from before this withdrawal
    // A route that was never installed gets no REMOVED: its absence confirms. If zebra cannot
    // be asked, the delete that was sent repeatedly must do.
    const bool gone = inspected.rib == RibState::absent ||
                      (inspected.rib == RibState::unknown && !vip.route.was_installed &&
                       vip.route.asked >= kMaxQueries);
    if (gone) confirm_withdrawn(turn, address, vip, vip.route.cause.reason, config);
    return;
  }
  if (vip.route.step != RouteStep::sent && vip.route.step != RouteStep::not_selected) return;
  switch (inspected.rib) {
    case RibState::unknown:
      // Zebra cannot be asked. Saying it again is harmless, and puts back what it may have lost.
      if (vip.route.asked < kMaxQueries) return;
      if (vip.route.step == RouteStep::sent) {
        enter(vip, RouteStep::failed, "zebra does not tell what became of the route", turn.now);
      } else {
        turn.out.emplace_back(action::Announce{address, vip.vrf, vip.route.sent});
      }
      return;
    case RibState::selected:
      return apply_route_outcome(turn, address, vip, RouteOutcome::installed, config);
    case RibState::absent:
      // Zebra forgot it, or has not come to it yet: saying it again is harmless. The first time at
      // once: another client of our route type may have taken our routes along when it closed.
      enter(vip, RouteStep::failed, "zebra does not hold the route", turn.now);
      if (vip.route.asked == 1) vip.route.ask_at = turn.now;
      return;
    case RibState::not_selected:
      if (vip.route.step == RouteStep::not_selected && vip.route.cause.reason == inspected.detail)
        return;
      enter(vip, RouteStep::not_selected, inspected.detail, turn.now);
      note_route(turn, LogLevel::warning, address, vip, "is not announced: " + inspected.detail);
      return;
  }
}

bool is_to_be_announced(const VipState& vip) {
  return vip.wants_route() && vip.route.step == RouteStep::withdrawn &&
         vip.attachment.failures == 0;
}

void announce_again(Turn& turn, const IpAddress& address, VipState& vip) {
  vip.route.changed_at = turn.now;
  turn.out.emplace_back(action::Announce{address, vip.vrf, vip.route.sent});
}

void inherit_route(const SpeakerState& speaker, VipState& vip) {
  vip.route.maybe_announced = speaker.resumed && !speaker.completed;
}

void on_session_began(Turn& turn, const IpAddress& address, VipState& vip, bool resumed) {
  // What a predecessor left announced on purpose waits until its service is evaluated. Otherwise: a
  // zebra that was killed finds its own old kernel routes, and keeps them for a while. What is
  // wanted is announced in a moment, and replaces them; if its service fails before, they are to
  // go.
  vip.route.maybe_announced = resumed;
  vip.route.maybe_in_zebra = !resumed && vip.wants_route();
  if (!resumed && !vip.wants_route()) withdraw_blindly(turn, address, vip);
}

void on_session_lost(VipState& vip, const std::string& reason, const VipsConfig& config,
                     TimePoint now) {
  vip.route.maybe_announced = vip.route.maybe_in_zebra = false;
  if (vip.route.step == RouteStep::withdrawn) return;
  enter(vip, RouteStep::withdrawn, "zebra is not connected: " + reason, now);
  vip.route.changed_at = now;
  vip.route.asked = 0;
  route_was_lost(vip, now + config.detach_delay);
}

}  // namespace vipherd::core
