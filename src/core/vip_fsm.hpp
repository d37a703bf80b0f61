// The life of one VIP: attach, announce, withdraw, detach, in the only safe order.
// Level-triggered: events record what was seen, reconcile() compares it with what is
// wished and asks for the next step. Knows nothing of checks and services.
#pragma once

#include <string>

#include "core/turn.hpp"

namespace vipherd::core {

/// Asks for what is missing and sets the VIP's alarm. Erases the VIP from the state once it
/// is released for good; `vip` must not be used after that.
void reconcile(Turn& turn, const IpAddress& vip);
void reconcile_vips_of(Turn& turn, const ServiceState& service);
void reconcile_all(Turn& turn);

/// What the kernel holds now.
void saw_kernel_route(Turn& turn, const IpAddress& address, VipState& vip, model::KernelRoute seen,
                      const model::VipsConfig& config);
/// The kernel refused an attach or a detach.
void kernel_refused(Turn& turn, const IpAddress& address, VipState& vip, const std::string& reason);
void took_route_note(Turn& turn, const IpAddress& address, VipState& vip, model::RouteNote note,
                     const model::VipsConfig& config);
void took_inspection(Turn& turn, const IpAddress& address, VipState& vip,
                     const model::event::RouteInspected& inspected,
                     const model::VipsConfig& config);
/// It is wanted, and nothing but time keeps it from being announced.
bool is_to_be_announced(const VipState& vip);
/// The session with zebra is gone and with it every announcement.
void lost_zebra(VipState& vip, const std::string& reason, const model::VipsConfig& config,
                TimePoint now);

}  // namespace vipherd::core
