// What `nft --json list ruleset` (libnftables-json(5)) tells of packets to the node. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "vipherd/base/result.hpp"

namespace vipherd::doctor {

/// "chain input of table inet filter": one at hook input that drops what no rule accepts, where no
/// rule or set of the whole ruleset names the port, by itself or within a range. nullopt: there is
/// no such chain. Rules that accept by something else than ports are not weighed.
Result<std::optional<std::string>> closed_to_port(std::string_view json, std::uint16_t port);

}  // namespace vipherd::doctor
