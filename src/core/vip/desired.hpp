// What a service's health, the operators' words and the policies make of each of its VIPs: whether
// it is wanted, as what it is announced, whether it is being drained. Owns the desired state in
// VipState; never touches a route.
#pragma once

#include <string>

#include "core/state.hpp"

namespace vipherd::core {

/// Returns whether anything changed that the VIPs of the service depend on.
bool update_desired(State& state, const std::string& name, const ServiceState& service,
                    TimePoint now);

/// The same for one VIP of it.
bool want_one(State& state, const ServiceState& service, const IpAddress& address, TimePoint now);

/// What is held by policy is not wanted any more once that time is over.
void end_hold_if_over(VipState& vip, TimePoint now);
/// It is not configured any more, or the agent is stopping: nothing is wanted of it.
void release_vip(VipState& vip, const std::string& why);

/// The weight of this node for the service, 1 to 100 per cent: node's, service's and, if asked
/// for, health multiplied.
std::uint32_t weight_of(const State& state, const ServiceState& service);

}  // namespace vipherd::core
