// What ip(8) of iproute2 shows of MPTCP's endpoints and limits, and of rules. Pure and bounded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/base/result.hpp"

namespace vipherd::doctor {

/// `ip -json mptcp endpoint show`: the addresses that are signalled to clients.
Result<std::vector<IpAddress>> read_signalled(std::string_view text);

/// `ip -json mptcp limits show`, which prints no JSON before iproute2 6.2: how many subflows a
/// connection may have besides the first.
std::optional<unsigned> read_most_subflows(std::string_view text);

/// `ip -json rule show`: what a rule with a table of its own is for, by the source alone.
Result<std::vector<IpPrefix>> read_rule_sources(std::string_view text);

}  // namespace vipherd::doctor
