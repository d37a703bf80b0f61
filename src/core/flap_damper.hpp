// Flap damping (after RFC 2439): a penalty that grows with each time a service goes down, decays
// by half-lives, and holds the service down between `suppress` and `reuse`. Pure, reads no clock.
#pragma once

#include "core/state.hpp"
#include "vipherd/model/config.hpp"

namespace vipherd::core {

/// The penalty now.
double penalty_at(const DampingState& damping, const model::Damping& config, TimePoint now);

/// The service went down once more. Returns whether that is too often: it is held from now on.
bool add_flap(DampingState& damping, const model::Damping& config, TimePoint now);

/// When a held service may return, if it does not flap meanwhile.
TimePoint release_at(const DampingState& damping, const model::Damping& config);

}  // namespace vipherd::core
