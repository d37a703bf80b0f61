#include "core/vip_fsm.hpp"

#include <algorithm>
#include <utility>

#include "core/drain.hpp"
#include "core/guard.hpp"
#include "core/kernel_watch.hpp"
#include "core/limits.hpp"
#include "core/reach.hpp"
#include "core/vip_note.hpp"

namespace vipherd::core {
namespace {

using namespace model;

void enter(VipState& vip, RouteStep step, std::string why, TimePoint now) {
  vip.route = step;
  vip.route_cause = {now, std::move(why)};
}

void set_attach_cause(VipState& vip, std::string why, TimePoint now) {
  vip.attach_cause = {now, std::move(why)};
}

/// The announcement is gone for certain; packets in flight are still answered for a while.
void confirm_withdrawn(Turn& turn, const IpAddress& address, VipState& vip, const std::string& why,
                       const VipsConfig& config) {
  enter(vip, RouteStep::withdrawn, vip.wish_why, turn.now);
  vip.failure_told = false;
  vip.detach_not_before = turn.now + config.detach_delay;
  vip.asked = 0;
  note(turn, LogLevel::info, address, "withdrawn: " + why);
}

// -------------------------------------------------------------------------- the route

/// One VIP, one change per min_change_interval.
TimePoint change_allowed_at(const State& state, const VipState& vip) {
  if (!vip.changed_at) return TimePoint::min();
  return *vip.changed_at + state.config->frr.min_change_interval;
}

/// It vanished from the kernel while announced, and putting it back does not work.
bool is_beyond_repair(const VipState& vip, TimePoint now) {
  return vip.lost_at && (vip.op_failures > 0 || now >= *vip.lost_at + kLostPatience);
}

void send_announce(Turn& turn, const IpAddress& address, VipState& vip) {
  enter(vip, RouteStep::sent, "waiting for zebra to install the route", turn.now);
  vip.route_sent = vip.route_wanted;
  vip.maybe_announced = vip.was_installed = false;
  vip.changed_at = turn.now;
  vip.ask_at = turn.now + kAskAfter;
  turn.out.emplace_back(action::Announce{address, vip.route_sent});
}

void send_withdraw(Turn& turn, const IpAddress& address, VipState& vip, const std::string& why) {
  const bool removed_will_come = vip.route == RouteStep::announced;
  enter(vip, RouteStep::withdrawing, why, turn.now);
  vip.changed_at = turn.now;
  vip.ask_at = turn.now + (removed_will_come ? kAskAfter : kAskSoon);
  vip.asked = 0;
  turn.out.emplace_back(action::Withdraw{address});
  note(turn, LogLevel::info, address, "withdrawing: " + why);
}

void ask(Turn& turn, const IpAddress& address, VipState& vip) {
  ++vip.asked;
  vip.ask_at = turn.now + backoff(kAskAfter, kAskAtMostEvery, vip.asked);
  turn.out.emplace_back(action::InspectRoute{address});
}

/// Steps of an announcement that is out and still wanted.
void tend_route(Turn& turn, const IpAddress& address, VipState& vip, bool change_allowed) {
  if (!vip.is_local()) return;  // being put back: nothing is announced meanwhile
  if (change_allowed && vip.route_sent != vip.route_wanted) {
    send_announce(turn, address, vip);
    vip.asked = 0;
    return;
  }
  if (turn.now < vip.ask_at) return;
  switch (vip.route) {
    case RouteStep::sent:
    case RouteStep::losing:
      return ask(turn, address, vip);
    case RouteStep::failed: {
      if (!change_allowed) return;
      const std::uint32_t attempts = ++vip.asked;
      send_announce(turn, address, vip);
      vip.ask_at = turn.now + backoff(kAskAfter, kAskAtMostEvery, attempts);
      return;
    }
    case RouteStep::announced:
    case RouteStep::withdrawn:
    case RouteStep::withdrawing:
      return;
  }
}

void drive_route(Turn& turn, const IpAddress& address, VipState& vip) {
  const bool change_allowed = turn.now >= change_allowed_at(turn.state, vip);
  switch (vip.route) {
    case RouteStep::withdrawn:
      if (vip.maybe_announced && !vip.wants_route() && !vip.keep_adopted &&
          turn.state.zebra.connected) {
        vip.maybe_announced = false;
        return send_withdraw(turn, address, vip, vip.wish_why);
      }
      if (vip.wants_route() && vip.is_local() && vip.op == KernelOp::none &&
          turn.state.zebra.connected && change_allowed) {
        vip.asked = 0;
        send_announce(turn, address, vip);
      }
      return;
    case RouteStep::sent:
    case RouteStep::announced:
    case RouteStep::losing:
    case RouteStep::failed:
      if (!vip.wants_route() || is_beyond_repair(vip, turn.now)) {
        const std::string why =
            vip.wants_route() ? "it is not local any more: " + vip.attach_cause.why : vip.wish_why;
        if (change_allowed) send_withdraw(turn, address, vip, why);
        return;
      }
      return tend_route(turn, address, vip, change_allowed);
    case RouteStep::withdrawing:
      if (turn.now >= vip.ask_at) {
        // Once more, in case the first was lost on us: deleting what is gone is silent.
        if (vip.asked > 0) turn.out.emplace_back(action::Withdraw{address});
        ask(turn, address, vip);
      }
      return;
  }
}

// ------------------------------------------------------------------------- the kernel

void start_op(VipState& vip, KernelOp op, TimePoint now) {
  vip.op = op;
  vip.op_started = now;
}

bool wants_attach(const VipState& vip) { return vip.wants_route() || vip.always_attached; }
/// Something still depends on the VIP being local, so it is not detached.
bool is_held(const VipState& vip, TimePoint now) {
  return wants_attach(vip) || vip.keep_adopted || vip.route != RouteStep::withdrawn ||
         vip.maybe_announced || waits_for_connections(vip) || now < vip.detach_not_before;
}

void expire_op(Turn& turn, const IpAddress& address, VipState& vip) {
  if (vip.op == KernelOp::none || turn.now < vip.op_started + kKernelOpTimeout) return;
  kernel_refused(turn, address, vip, "the kernel did not confirm it");
  read_kernel(turn);
}

void drive_kernel(Turn& turn, const IpAddress& address, VipState& vip) {
  expire_op(turn, address, vip);
  if (!vip.seen || vip.op != KernelOp::none || turn.now < vip.op_not_before) return;
  if (*vip.seen == KernelRoute::absent && wants_attach(vip)) {
    if (turn.state.config->frr.announces_by_address() &&
        turn.now < change_allowed_at(turn.state, vip))
      return;
    start_op(vip, KernelOp::attaching, turn.now);
    vip.op_not_before = turn.now + kAttachSpacing;
    turn.out.emplace_back(action::Attach{address});
  } else if (*vip.seen == KernelRoute::ours && !is_held(vip, turn.now)) {
    start_op(vip, KernelOp::detaching, turn.now);
    turn.out.emplace_back(action::Detach{address});
  }
}

// --------------------------------------------------------------------------- the alarm

/// When reconcile() must look again although nothing happened; nullopt: only events matter.
std::optional<TimePoint> next_look(const State& state, const VipState& vip, TimePoint now) {
  std::optional<TimePoint> next;
  const auto at = [&](TimePoint when) {
    if (when > now && (!next || when < *next)) next = when;
  };
  at(change_allowed_at(state, vip));
  at(vip.detach_not_before);
  at(vip.op_not_before);
  if (vip.op != KernelOp::none) at(vip.op_started + kKernelOpTimeout);
  if (vip.lost_at) at(*vip.lost_at + kLostPatience);
  if (vip.route != RouteStep::withdrawn && vip.route != RouteStep::announced) at(vip.ask_at);
  if (const auto when = next_drain_look(vip)) at(*when);
  if (vip.held) at(held_until(vip) + Duration(1));
  if (const auto when = next_reach_look(state, vip)) at(*when);
  return next;
}

bool is_released(const State& state, const VipState& vip, TimePoint now) {
  return vip.service.empty() && state.kernel.known && vip.route == RouteStep::withdrawn &&
         vip.op == KernelOp::none && vip.seen != KernelRoute::ours && !is_held(vip, now);
}

}  // namespace

void reconcile(Turn& turn, const IpAddress& address) {
  if (turn.state.handing_over) return;  // everything stays as it is
  const auto found = turn.state.vips.find(address);
  if (found == turn.state.vips.end()) return;
  VipState& vip = found->second;
  if (vip.held && turn.now > held_until(vip)) vip.wanted = vip.held = false;
  drive_drain(turn, address, vip);
  // A route that may go is withdrawn before the kernel is looked at, an attached VIP is
  // announced by the event that confirms the attachment: so this order suffices.
  drive_route(turn, address, vip);
  drive_kernel(turn, address, vip);
  drive_reach(turn, address, vip);
  if (is_released(turn.state, vip, turn.now)) {
    turn.state.alarms.set(address, std::nullopt);
    turn.state.vips.erase(found);
    return;
  }
  turn.state.alarms.set(address, next_look(turn.state, vip, turn.now));
}

void reconcile_vips_of(Turn& turn, const ServiceState& service) {
  for (const IpAddress& address : service.config->vips) reconcile(turn, address);
}

void reconcile_all(Turn& turn) {
  // reconcile() erases released VIPs: step on before it does.
  for (auto position = turn.state.vips.begin(); position != turn.state.vips.end();) {
    const IpAddress address = (position++)->first;
    reconcile(turn, address);
  }
}

void saw_kernel_route(Turn& turn, const IpAddress& address, VipState& vip, KernelRoute seen,
                      const VipsConfig& config) {
  const std::optional<KernelRoute> before = vip.seen;
  if (before == seen) return;
  vip.seen = seen;
  const bool was_asked = (seen == KernelRoute::ours && vip.op == KernelOp::attaching) ||
                         (seen == KernelRoute::absent && vip.op == KernelOp::detaching);
  // Whatever else arrives while an operation is in flight is older than its outcome.
  if (was_asked || seen == KernelRoute::foreign) vip.op = KernelOp::none;
  switch (seen) {
    case KernelRoute::ours:
      vip.op_failures = 0;
      vip.lost_at.reset();
      set_attach_cause(vip, was_asked ? vip.wish_why : "adopted from an earlier run", turn.now);
      // Until a moment ago an earlier run may have announced it.
      if (!was_asked) vip.detach_not_before = turn.now + config.detach_delay;
      note(turn, was_asked ? LogLevel::debug : LogLevel::info, address,
           was_asked ? "attached" : "is attached already: adopted");
      return;
    case KernelRoute::foreign:
      vip.op_failures = 0;
      vip.lost_at.reset();
      set_attach_cause(vip, "made local by somebody else, left alone", turn.now);
      note(turn, LogLevel::warning, address,
           "is local by somebody else's doing (an address or a route that vipherd did not make): "
           "left alone");
      return;
    case KernelRoute::absent:
      if (before && !was_asked && vip.op == KernelOp::none) {
        set_attach_cause(vip, "removed by somebody else", turn.now);
        if (vip.route != RouteStep::withdrawn) vip.lost_at = turn.now;
        if (!wants_attach(vip)) {
          note(turn, LogLevel::info, address, "was detached by somebody else");
        } else if (!vip.put_back_told || turn.now >= *vip.put_back_told + kTellAgainAfter) {
          vip.put_back_told = turn.now;
          note(turn, LogLevel::warning, address, "was detached by somebody else: putting it back");
        }
        return;
      }
      set_attach_cause(vip, vip.wish_why, turn.now);
      if (was_asked) {
        vip.op_failures = 0;
        note(turn, LogLevel::debug, address, "detached");
      }
      return;
  }
}

void kernel_refused(Turn& turn, const IpAddress& address, VipState& vip,
                    const std::string& reason) {
  if (vip.op == KernelOp::none) return;
  const std::string what = vip.op == KernelOp::attaching ? "attach" : "detach";
  vip.op = KernelOp::none;
  ++vip.op_failures;
  const Duration delay = backoff(kRetryFirst, kRetryAtMost, vip.op_failures);
  vip.op_not_before = turn.now + delay;
  if (vip.op_failures == 1) {
    note(turn, LogLevel::error, address,
         "cannot " + what + ": " + reason + "; trying again until it works");
  }
  set_attach_cause(vip, what + " failed: " + reason, turn.now);
}

void took_route_note(Turn& turn, const IpAddress& address, VipState& vip, RouteNote note_taken,
                     const VipsConfig& config) {
  switch (note_taken) {
    case RouteNote::installed:
      vip.was_installed = true;
      vip.failure_told = false;
      if (vip.route == RouteStep::sent || vip.route == RouteStep::losing ||
          vip.route == RouteStep::failed) {
        enter(vip, RouteStep::announced, vip.wish_why, turn.now);
        vip.asked = 0;
        note(turn, LogLevel::info, address, "announced: " + vip.wish_why);
      }
      return;
    case RouteNote::removed:
      if (vip.route == RouteStep::withdrawing) {
        // Without an INSTALLED before it, it speaks of an earlier announcement.
        if (vip.was_installed) {
          confirm_withdrawn(turn, address, vip, vip.route_cause.why, config);
        }
      } else if (vip.route == RouteStep::announced) {
        // Not our doing. Zebra says INSTALLED again if it puts the route back; ask if not.
        enter(vip, RouteStep::sent, "zebra removed the route", turn.now);
        vip.was_installed = false;
        vip.ask_at = turn.now + kAskSoon;
        note(turn, LogLevel::warning, address, "was removed by zebra, not by vipherd: asking why");
      }
      return;
    case RouteNote::better_admin_won:
      vip.was_installed = false;
      if (vip.route == RouteStep::withdrawn) return;
      if (vip.route == RouteStep::withdrawing) {
        // Instead of REMOVED where another node's route to the VIP takes the place of ours: no
        // REMOVED will come, what zebra says when asked must do.
        vip.ask_at = turn.now;
        return;
      }
      if (vip.route != RouteStep::losing) {
        enter(vip, RouteStep::losing, "zebra prefers another route", turn.now);
        vip.ask_at = turn.now;  // who won is worth knowing at once
        note(turn, LogLevel::warning, address, "is not announced: zebra prefers another route");
      }
      return;
    case RouteNote::fail_install:
      if (vip.route == RouteStep::withdrawing || vip.route == RouteStep::withdrawn) return;
      if (vip.route != RouteStep::failed) {
        enter(vip, RouteStep::failed, "zebra could not install the route", turn.now);
        vip.ask_at = turn.now + backoff(kAskAfter, kAskAtMostEvery, vip.asked);
        if (!std::exchange(vip.failure_told, true)) {
          note(turn, LogLevel::error, address,
               "is not announced: zebra could not install the route; trying again until it can");
        }
      }
      return;
    case RouteNote::remove_fail:
      if (vip.route == RouteStep::withdrawing) {
        note(turn, LogLevel::error, address, "is not withdrawn: zebra could not remove the route");
      }
      return;
  }
}

void took_inspection(Turn& turn, const IpAddress& address, VipState& vip,
                     const event::RouteInspected& inspected, const VipsConfig& config) {
  if (vip.route == RouteStep::withdrawing) {
    if (vip.asked == 0) return;  // the answer to a question from before this withdrawal
    // A route that was never installed gets no REMOVED: its absence confirms. If zebra cannot
    // be asked, the delete that was sent repeatedly must do.
    const bool gone =
        inspected.rib == RibState::absent ||
        (inspected.rib == RibState::unknown && !vip.was_installed && vip.asked >= kAsksInVain);
    if (gone) confirm_withdrawn(turn, address, vip, vip.route_cause.why, config);
    return;
  }
  if (vip.route != RouteStep::sent && vip.route != RouteStep::losing) return;
  switch (inspected.rib) {
    case RibState::unknown:
      // Zebra cannot be asked. Saying it again is harmless, and puts back what it may have lost.
      if (vip.asked < kAsksInVain) return;
      if (vip.route == RouteStep::sent) {
        enter(vip, RouteStep::failed, "zebra does not tell what became of the route", turn.now);
      } else {
        turn.out.emplace_back(action::Announce{address, vip.route_sent});
      }
      return;
    case RibState::selected:
      return took_route_note(turn, address, vip, RouteNote::installed, config);
    case RibState::absent:
      // Zebra forgot it, or has not come to it yet: saying it again is harmless. The first time at
      // once: another client of our route type may have taken our routes along when it closed.
      enter(vip, RouteStep::failed, "zebra does not hold the route", turn.now);
      if (vip.asked == 1) vip.ask_at = turn.now;
      return;
    case RibState::losing:
      if (vip.route == RouteStep::losing && vip.route_cause.why == inspected.detail) return;
      enter(vip, RouteStep::losing, inspected.detail, turn.now);
      note(turn, LogLevel::warning, address, "is not announced: " + inspected.detail);
      return;
  }
}

bool is_to_be_announced(const VipState& vip) {
  return vip.wants_route() && vip.route == RouteStep::withdrawn && vip.op_failures == 0;
}

void lost_zebra(VipState& vip, const std::string& reason, const VipsConfig& config, TimePoint now) {
  vip.maybe_announced = false;
  if (vip.route == RouteStep::withdrawn) return;
  enter(vip, RouteStep::withdrawn, "zebra is not connected: " + reason, now);
  vip.changed_at = now;
  vip.asked = 0;
  vip.lost_at.reset();
  vip.detach_not_before = std::max(vip.detach_not_before, now + config.detach_delay);
}

}  // namespace vipherd::core
