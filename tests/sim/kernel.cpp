// The kernel: a table of local routes, requests in order, a monitor that can overrun.
#include <utility>

#include "sim/world.hpp"

namespace vipherd::sim {

using namespace model;
using namespace std::chrono_literals;

KernelRoute World::kernel_route(const IpAddress& vip) const {
  const auto found = local_.find(vip);
  if (found == local_.end()) return KernelRoute::absent;
  if (found->second.ours) return KernelRoute::ours;
  return found->second.foreign ? KernelRoute::foreign : KernelRoute::absent;
}

void World::kernel_changed(const IpAddress& vip) {
  const event::KernelChanged changed{{vip, kernel_route(vip)}};
  in_order(monitor_tail_, between(0, 3), [this, changed, life = life_, epoch = monitor_epoch_] {
    if (life != life_ || epoch != monitor_epoch_) return;
    if (dumping_) {
      monitor_backlog_.emplace_back(changed);
    } else {
      deliver(changed);
    }
  });
}

void World::attach(const IpAddress& vip) {
  check_attach(vip);
  if (dumping_) {
    after_dump_.emplace_back([this, vip] { run_kernel_op(vip, true); });
  } else {
    run_kernel_op(vip, true);
  }
}

void World::detach(const IpAddress& vip) {
  check_detach(vip);
  if (dumping_) {
    after_dump_.emplace_back([this, vip] { run_kernel_op(vip, false); });
  } else {
    run_kernel_op(vip, false);
  }
}

void World::run_kernel_op(const IpAddress& vip, bool add) {
  const Duration delay = faults_ && chance(3) ? between(10, 1'500) : between(0, 2);
  const std::uint64_t life = life_;
  in_order(request_tail_, delay, [this, vip, add, life] {
    // A request written before the agent died is carried out all the same.
    if (faults_ && chance(10)) {
      if (life != life_) return;
      if (add) {
        deliver_later(0ms, event::AttachFailed{vip, "No buffer space available"});
      } else {
        deliver_later(0ms, event::DetachFailed{vip, "No buffer space available"});
      }
      return;
    }
    Local& local = local_[vip];
    if (add ? (local.ours || local.foreign) : !local.ours) {
      if (life == life_) deliver_later(0ms, event::KernelStale{"EEXIST or ESRCH"});
      return;
    }
    local.ours = add;
    kernel_changed(vip);
  });
}

void World::read_kernel(const std::map<IpAddress, std::string>& interest) {
  dumping_ = true;
  const std::uint64_t life = life_;
  // After the requests before it; those after it wait for its end.
  in_order(request_tail_, faults_ ? between(0, 50) : between(0, 2), [this, interest, life] {
    if (life != life_) return;
    event::KernelSnapshot snapshot;
    for (const auto& [vip, local] : local_) {
      if (local.ours || (local.foreign && interest.contains(vip))) {
        snapshot.vips.push_back({vip, kernel_route(vip)});
      }
    }
    dumping_ = false;
    const auto requests = std::exchange(after_dump_, {});
    const auto backlog = std::exchange(monitor_backlog_, {});
    deliver(snapshot);
    for (const Event& event : backlog) {
      if (life == life_) deliver(event);
    }
    if (life != life_) return;
    for (const auto& request : requests) {
      if (dumping_) {
        after_dump_.push_back(request);
      } else {
        request();
      }
    }
  });
}

/// What was on its way is lost, and the agent is told that something was.
void World::overrun() {
  note("-- netlink overrun");
  ++monitor_epoch_;
  monitor_backlog_.clear();
  deliver_later(between(0, 5), event::KernelStale{"receive buffer overrun"});
}

}  // namespace vipherd::sim
