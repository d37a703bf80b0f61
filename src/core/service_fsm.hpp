// One service: its verdict from its checks, held down while it flaps, and what follows for its
// VIPs. Owns the verdict, the penalty, and the wishes that VIPs are told; never touches a route.
#pragma once

#include <string>

#include "vipherd/core/state.hpp"
#include "vipherd/model/action.hpp"

namespace vipherd::core {

/// Judges the service anew. Returns whether anything that its VIPs depend on changed.
bool judge(State& state, const std::string& name, ServiceState& service, TimePoint now,
           model::Actions& out);

/// Ends the time for which a flapping service is held down, if it is over.
void release(State& state, const std::string& name, ServiceState& service, TimePoint now,
             model::Actions& out);

/// Forgets the penalty, by an operator's word.
void clear_damping(State& state, const std::string& name, ServiceState& service, TimePoint now,
                   model::Actions& out);

}  // namespace vipherd::core
