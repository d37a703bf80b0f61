// Keeps the picture of the kernel fresh: reads it at the start, after every loss of
// knowledge, and now and then in case a loss went unnoticed.
#pragma once

#include <string>

#include "core/turn.hpp"

namespace vipherd::core {

/// The VIP, new if need be: one that is local by our doing.
std::map<IpAddress, VipState>::iterator adopt(State& state, const IpAddress& address,
                                              TimePoint now);

/// Asks for a snapshot; while one is awaited already, for another one after it.
void read_kernel(Turn& turn);

/// Applies a snapshot to every VIP and takes in routes of ours that no VIP asks for. The caller
/// reconciles all VIPs afterwards.
void on_snapshot(Turn& turn, const model::event::KernelSnapshot& snapshot);

/// When the kernel must be looked at next although nothing happened.
TimePoint next_kernel_look(const State& state);
/// Called when that time has come.
void look_at_kernel(Turn& turn);

}  // namespace vipherd::core
