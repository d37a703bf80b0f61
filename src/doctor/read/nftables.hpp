// What `nft --json list ruleset` (libnftables-json(5)) tells of packets to the node. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/base/result.hpp"

namespace vipherd::doctor {

/// "chain input of table inet filter": one at hook input that drops what no rule accepts, where no
/// rule, set or map of its table names the UDP port, by itself or within a range. nullopt: there is
/// none. Rules that accept by addresses alone are not weighed. Fails if it is no JSON, or has rules
/// that nft does not show, as those that iptables wrote.
Result<std::optional<std::string>> closed_to_port(std::string_view json, Family family,
                                                  std::uint16_t port);

}  // namespace vipherd::doctor
