// One service: its health from its checks, held down while it flaps, and what follows for its
// VIPs. Owns the health, the penalty, and what is desired of the VIPs; never touches a route.
#pragma once

#include <string>

#include "core/turn.hpp"

namespace vipherd::core {

/// Evaluates the service anew. Returns whether anything that its VIPs depend on changed.
bool evaluate(Turn& turn, const std::string& name, ServiceState& service);

/// Ends the time for which a flapping service is held down, if it is over.
void release(Turn& turn, const std::string& name, ServiceState& service);

/// Forgets the penalty, by an operator's word.
/// `by`: who asked for it; may be empty.
void clear_damping(Turn& turn, const std::string& name, ServiceState& service,
                   const std::string& by);

}  // namespace vipherd::core
