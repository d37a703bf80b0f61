// A scope as JSON, the same in everything that names one.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "vipherd/model/scope.hpp"

namespace vipherd::wire {

/// {"node": true}, {"service": NAME} or {"vip": ADDRESS}
nlohmann::json encode_scope(const model::Scope& scope);
/// nullopt: anything else.
std::optional<model::Scope> decode_scope(const nlohmann::json& value);

}  // namespace vipherd::wire
