// The sections about the node as a whole: [node], [log], [api], [frr], [vips].
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "config/table.hpp"
#include "vipherd/model/config.hpp"

namespace vipherd::config {

model::NodeConfig read_node(Table& table, std::string_view hostname);
model::LogLevel read_log(Table& table);
model::ApiConfig read_api(Table& table);
model::FrrConfig read_frr(Table& table);
model::VipsConfig read_vips(Table& table, model::Announcer announcer);

/// The protocol number alone, for salvage().
std::optional<std::uint8_t> read_route_protocol(const Value& value);

}  // namespace vipherd::config
