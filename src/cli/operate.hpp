// Commands to the running agent: how the command line names what they are about, how they are sent,
// and what the agent says that it understood.
#pragma once

#include <string>
#include <string_view>

#include "cli/ask.hpp"
#include "vipherd/base/result.hpp"
#include "vipherd/model/command.hpp"
#include "vipherd/wire/json/control.hpp"

namespace vipherd::cli {

/// A service's name or a VIP's address; fails with what was expected. Never the node: that is what
/// no text at all stands for.
Result<model::Scope> parse_target(std::string_view text);

/// Fails, too, if the agent understood another command than was meant.
Result<wire::Reached> operate(const Endpoint& endpoint, const model::Command& command);

/// Prints the sentence or, as JSON, what the agent answered.
void tell_reached(const wire::Reached& reached, const std::string& sentence, bool json);

/// "2 VIPs"
std::string vips_of(const wire::Reached& reached);

}  // namespace vipherd::cli
