// Services are evaluated anew, and what follows for their VIPs is carried on at once.
#pragma once

#include <string>

#include "core/turn.hpp"

namespace vipherd::core {

/// The service of a check whose result counts.
void evaluate_service_of(Turn& turn, const model::CheckId& check);
void evaluate_all(Turn& turn);

/// A service that was held down for flapping may return.
void on_service_alarm(Turn& turn, const std::string& service);

}  // namespace vipherd::core
