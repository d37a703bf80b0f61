// Turns the state into what people and programs are shown. Pure.
#pragma once

#include <string_view>

#include "core/state.hpp"
#include "vipherd/base/duration.hpp"
#include "vipherd/model/status.hpp"

namespace vipherd::core {

/// `now` and `wall` are the same moment on the two clocks.
model::Status make_status(const State& state, TimePoint now, WallTime wall);

}  // namespace vipherd::core
