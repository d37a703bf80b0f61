// What is answered to a command of an operator: why it is not carried out, or what it reached.
// Pure: reads the state, changes nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vipherd/api/request.hpp"
#include "vipherd/core/core.hpp"
#include "vipherd/model/command.hpp"
#include "vipherd/wire/json/control.hpp"

namespace vipherd::agent {

/// 404, with the names that there are.
api::Response no_such_service(std::string_view name, const std::vector<std::string>& names);

/// Why the command cannot be executed now: there is no such service, for instance.
std::optional<api::Response> refuse(const core::Core& core, const model::Command& command,
                                    TimePoint now);

/// What is answered to a command: itself, and the services and VIPs that it concerns.
wire::Reached reached(const core::Core& core, const model::Command& command);

}  // namespace vipherd::agent
