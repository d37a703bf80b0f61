// Checks that connect to VIPs of their service. While such a VIP is not on this node another node
// would answer, and a dead service would be found healthy.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/state.hpp"

namespace vipherd::core {

/// Why a check cannot be probed now.
struct MissingVip {
  std::string reason;    ///< a sentence that names the VIP
  bool refused = false;  ///< it will not be attached: see core/surroundings.hpp
};
/// Nothing if all VIPs that it connects to are on this node, but for refused ones; those are
/// missing only if there are no others.
std::optional<MissingVip> find_missing_vip(const State& state, const model::CheckConfig& check);

/// The check as it is to be probed: it does not connect to refused VIPs.
std::shared_ptr<const model::CheckConfig> without_refused_vips(
    const State& state, const std::shared_ptr<const model::CheckConfig>& check);

}  // namespace vipherd::core
