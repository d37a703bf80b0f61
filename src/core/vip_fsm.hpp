// The life of one VIP: attach, announce, withdraw, detach, in the only safe order.
// Level-triggered: events record what was seen, reconcile() compares it with what is
// wished and asks for the next step. Knows nothing of checks and services.
#pragma once

#include <string>

#include "vipherd/core/state.hpp"
#include "vipherd/model/action.hpp"

namespace vipherd::core {

/// Asks for what is missing and sets the VIP's alarm. Erases the VIP from the state once it
/// is released for good; `vip` must not be used after that.
void reconcile(State& state, const IpAddress& vip, TimePoint now, model::Actions& out);

/// What the kernel holds now.
void saw_kernel_route(const IpAddress& address, VipState& vip, model::KernelRoute seen,
                      const model::VipsConfig& config, TimePoint now, model::Actions& out);
/// The kernel refused an attach or a detach.
void kernel_refused(const IpAddress& address, VipState& vip, const std::string& reason,
                    TimePoint now, model::Actions& out);
void took_route_note(const IpAddress& address, VipState& vip, model::RouteNote note,
                     const model::VipsConfig& config, TimePoint now, model::Actions& out);
void took_inspection(const IpAddress& address, VipState& vip,
                     const model::event::RouteInspected& inspected, const model::VipsConfig& config,
                     TimePoint now, model::Actions& out);
/// It is wanted, and nothing but time keeps it from being announced.
bool is_to_be_announced(const VipState& vip);
/// The session with zebra is gone and with it every announcement.
void lost_zebra(VipState& vip, const std::string& reason, const model::VipsConfig& config,
                TimePoint now);

}  // namespace vipherd::core
