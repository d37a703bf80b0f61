// Whether one VIP is on this node: attached while it is wanted or something still depends on it,
// detached after that, each change confirmed by the kernel.
#pragma once

#include <string>

#include "core/turn.hpp"

namespace vipherd::core {

/// Asks the kernel for what is missing, if it may be asked now.
void drive_attachment(Turn& turn, const IpAddress& address, VipState& vip);

/// Something still depends on the VIP being local, so it is not detached.
bool is_kept_attached(const VipState& vip, TimePoint now);
/// It vanished from the kernel while announced, and putting it back does not work.
bool is_beyond_repair(const VipState& vip, TimePoint now);
/// Its route is withdrawn: packets in flight are answered until then.
void keep_attached_until(VipState& vip, TimePoint until);
/// The same where the route went with the session. Whether it is on this node is no matter for the
/// route any more.
void route_was_lost(VipState& vip, TimePoint until);

/// What the kernel holds now.
void saw_kernel_route(Turn& turn, const IpAddress& address, VipState& vip, model::KernelRoute seen,
                      const model::VipsConfig& config);
/// The kernel refused an attach or a detach.
void kernel_refused(Turn& turn, const IpAddress& address, VipState& vip, const std::string& reason);

}  // namespace vipherd::core
