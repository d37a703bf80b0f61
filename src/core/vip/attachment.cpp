#include "core/vip/attachment.hpp"

#include <algorithm>
#include <utility>

#include "core/kernel_watch.hpp"
#include "core/limits.hpp"
#include "core/vip/drain.hpp"
#include "core/vip/note.hpp"
#include "core/vip/route.hpp"

namespace vipherd::core {
namespace {

using namespace model;

void set_cause(VipState& vip, std::string why, TimePoint now) {
  vip.attachment.cause = {now, std::move(why)};
}

void start_op(Turn& turn, VipState& vip, KernelOp op) {
  vip.attachment.op = op;
  vip.attachment.started = turn.now;
  turn.state.locals_changed = true;
}

void expire_op(Turn& turn, const IpAddress& address, VipState& vip) {
  if (vip.attachment.op == KernelOp::none || turn.now < vip.attachment.started + kKernelOpTimeout)
    return;
  kernel_refused(turn, address, vip, "the kernel did not confirm it");
  read_kernel(turn);
}

}  // namespace

bool is_kept_attached(const VipState& vip, TimePoint now) {
  return vip.wants_attachment() || vip.desired.keep_adopted ||
         vip.route.step != RouteStep::withdrawn || vip.route.maybe_announced ||
         waits_for_connections(vip) || now < vip.attachment.detach_not_before;
}

bool is_beyond_repair(const VipState& vip, TimePoint now) {
  return vip.attachment.lost_at &&
         (vip.attachment.failures > 0 || now >= *vip.attachment.lost_at + kLostPatience);
}

void drive_attachment(Turn& turn, const IpAddress& address, VipState& vip) {
  expire_op(turn, address, vip);
  if (!vip.attachment.seen || vip.attachment.op != KernelOp::none ||
      turn.now < vip.attachment.not_before)
    return;
  if (*vip.attachment.seen == KernelRoute::absent && vip.wants_attachment()) {
    if (turn.state.config->frr.traits().attachment_announces &&
        turn.now < change_allowed_at(turn.state, vip))
      return;
    start_op(turn, vip, KernelOp::attaching);
    vip.attachment.not_before = turn.now + kAttachSpacing;
    turn.out.emplace_back(action::Attach{address});
  } else if (*vip.attachment.seen == KernelRoute::ours && !is_kept_attached(vip, turn.now)) {
    start_op(turn, vip, KernelOp::detaching);
    turn.out.emplace_back(action::Detach{address});
  }
}

void keep_attached_until(VipState& vip, TimePoint until) {
  vip.attachment.detach_not_before = until;
}

void route_was_lost(VipState& vip, TimePoint until) {
  vip.attachment.lost_at.reset();
  keep_attached_until(vip, std::max(vip.attachment.detach_not_before, until));
}

void saw_kernel_route(Turn& turn, const IpAddress& address, VipState& vip, KernelRoute seen,
                      const VipsConfig& config) {
  const std::optional<KernelRoute> before = vip.attachment.seen;
  if (before == seen) return;
  vip.attachment.seen = seen;
  turn.state.locals_changed = true;
  const bool was_asked = (seen == KernelRoute::ours && vip.attachment.op == KernelOp::attaching) ||
                         (seen == KernelRoute::absent && vip.attachment.op == KernelOp::detaching);
  // Whatever else arrives while an operation is in flight is older than its outcome.
  if (was_asked || seen == KernelRoute::foreign) vip.attachment.op = KernelOp::none;
  switch (seen) {
    case KernelRoute::ours:
      vip.attachment.failures = 0;
      vip.attachment.lost_at.reset();
      set_cause(vip, was_asked ? vip.desired.reason : "adopted from an earlier run", turn.now);
      // Until a moment ago an earlier run may have announced it.
      if (!was_asked) vip.attachment.detach_not_before = turn.now + config.detach_delay;
      note(turn, was_asked ? LogLevel::debug : LogLevel::info, address, vip,
           was_asked ? "attached" : "is attached already: adopted", StateChange::Kind::attachment,
           "attached");
      return;
    case KernelRoute::foreign:
      vip.attachment.failures = 0;
      vip.attachment.lost_at.reset();
      set_cause(vip, "made local by another program, left alone", turn.now);
      note(turn, LogLevel::warning, address, vip,
           "is local by another program (an address or a route that vipherd did not make): "
           "left alone");
      return;
    case KernelRoute::absent:
      if (before && !was_asked && vip.attachment.op == KernelOp::none) {
        set_cause(vip, "removed by another program", turn.now);
        if (vip.route.step != RouteStep::withdrawn) vip.attachment.lost_at = turn.now;
        if (!vip.wants_attachment()) {
          note(turn, LogLevel::info, address, vip, "was detached by another program",
               StateChange::Kind::attachment, "detached");
        } else if (!vip.attachment.put_back_told ||
                   turn.now >= *vip.attachment.put_back_told + kTellAgainAfter) {
          vip.attachment.put_back_told = turn.now;
          note(turn, LogLevel::warning, address, vip,
               "was detached by another program: putting it back", StateChange::Kind::attachment,
               "detached");
        }
        return;
      }
      set_cause(vip, vip.desired.reason, turn.now);
      if (was_asked) {
        vip.attachment.failures = 0;
        note(turn, LogLevel::debug, address, vip, "detached", StateChange::Kind::attachment,
             "detached");
      }
      return;
  }
}

void kernel_refused(Turn& turn, const IpAddress& address, VipState& vip,
                    const std::string& reason) {
  if (vip.attachment.op == KernelOp::none) return;
  const std::string what = vip.attachment.op == KernelOp::attaching ? "attach" : "detach";
  vip.attachment.op = KernelOp::none;
  turn.state.locals_changed = true;
  ++vip.attachment.failures;
  const Duration delay = backoff(kRetryFirst, kRetryAtMost, vip.attachment.failures);
  vip.attachment.not_before = turn.now + delay;
  if (vip.attachment.failures == 1) {
    note(turn, LogLevel::error, address, vip,
         "cannot " + what + ": " + reason + "; trying again until it works");
  }
  set_cause(vip, what + " failed: " + reason, turn.now);
}

}  // namespace vipherd::core
