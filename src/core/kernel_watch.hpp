// Keeps the picture of the kernel fresh: reads it at the start, after every loss of
// knowledge, and now and then in case a loss went unnoticed.
#pragma once

#include <string>

#include "vipherd/core/state.hpp"
#include "vipherd/model/action.hpp"

namespace vipherd::core {

/// The VIP, new if need be: one that is local by our doing.
std::map<IpAddress, VipState>::iterator adopt(State& state, const IpAddress& address,
                                              TimePoint now);

/// Asks for a snapshot; while one is awaited already, for another one after it.
void read_kernel(State& state, TimePoint now, model::Actions& out);

/// Applies a snapshot to every VIP and takes in routes of ours that no VIP asks for. The caller
/// reconciles all VIPs afterwards.
void took_snapshot(State& state, const model::event::KernelSnapshot& snapshot, TimePoint now,
                   model::Actions& out);

/// When the kernel must be looked at next although nothing happened.
TimePoint next_kernel_look(const State& state);
/// Called when that time has come.
void look_at_kernel(State& state, TimePoint now, model::Actions& out);

}  // namespace vipherd::core
