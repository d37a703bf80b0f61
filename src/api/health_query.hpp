// The query of /health and /health/SERVICE: what counts as a failure. Pure.
#pragma once

#include <string_view>

#include "vipherd/base/result.hpp"
#include "vipherd/model/health.hpp"

namespace vipherd::api {

/// "", or "drained=503&notices=200": either parameter once at most, 503 for a failure and 200, as
/// without it, for none. Anything else is an error that says so: a misspelt parameter that was
/// passed over would look like a node that is well.
Result<model::Strictness> parse_health_query(std::string_view query);

}  // namespace vipherd::api
