// What the monitor says.
#include <net/if.h>

#include <utility>

#include "kernel/vips/machine.hpp"

namespace vipherd::kernel {

using namespace model;
namespace rtnetlink = wire::rtnetlink;

void Machine::on(input::Change& change) {
  const rtnetlink::Body& body = change.message.body;
  if (const auto* link = std::get_if<rtnetlink::LinkMessage>(&body)) {
    on_link(*link);
  } else if (std::holds_alternative<rtnetlink::Overrun>(body)) {
    need_resync("rtnetlink changes were lost");
  } else {
    on_body(body);
  }
}

void Machine::on(input::ChangesLost& lost) { need_resync(lost.reason); }

void Machine::on_link(const rtnetlink::LinkMessage& link) {
  const std::string vrf = table_->vrfs().apply(link);
  if (!vrf.empty()) need_resync("the VRF " + vrf + " changed");
  const bool up = !link.removed && (link.flags & IFF_UP) != 0;
  if (link.index == loopback_) {
    if (std::exchange(loopback_up_, up) != up) need_resync(up ? "lo came up" : "lo went down");
  } else if (!up && table_->depends_on(link.index)) {
    need_resync("an interface with the address of a VIP went down");
  }
}

void Machine::on_body(const rtnetlink::Body& body) {
  if (dump_) {
    dump_->changes.push_back(body);
    return;
  }
  if (const std::string reason = table_->resync_reason(body); !reason.empty()) need_resync(reason);
  const auto changed = table_->apply(body);
  if (!changed) return;
  if (changed->route != KernelRoute::ours) released_.erase(changed->vip);
  events_.emplace_back(event::KernelChanged{*changed});
}

void Machine::need_resync(const std::string& reason) {
  if (dump_) {
    dump_->inconsistent = reason;
    return;
  }
  for (const Job& job : jobs_) {
    if (std::holds_alternative<input::Read>(job)) return;
  }
  if (!std::exchange(stale_reported_, true)) events_.emplace_back(event::KernelStale{reason});
}

}  // namespace vipherd::kernel
