// How many file descriptors a configuration may need at once. Pure arithmetic.
#pragma once

#include <cstdint>
#include <span>

#include "vipherd/model/config.hpp"
#include "vipherd/model/settings.hpp"

namespace vipherd::config {

/// What the agent has open besides checks: both doors of the API with all their clients, zebra,
/// netlink, D-Bus, signals, log, the configuration while it is read, and the connections of a few
/// probes that have ended.
inline constexpr std::uint64_t kOwnDescriptors = 208;

/// With every check probing at the same time, which jitter and slow services make possible.
std::uint64_t descriptors_needed(const model::Config& config,
                                 std::span<const model::CheckSchema> schemas);

}  // namespace vipherd::config
