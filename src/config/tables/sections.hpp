// The sections about the node as a whole: the rows of each, and how it is read.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "config/row.hpp"
#include "vipherd/model/config.hpp"
#include "vipherd/model/render.hpp"

namespace vipherd::config {

const Rows<model::NodeConfig>& node_rows();
const Rows<model::LogConfig>& log_rows();
const Rows<model::ApiConfig>& api_rows();
const Rows<model::FrrConfig>& frr_rows();
const Rows<model::VipsConfig>& vips_rows();
const Rows<model::RelayConfig>& relay_rows();
const Rows<model::RenderAnswers>& render_rows();

model::NodeConfig read_node(const Table& table, std::string_view hostname);
model::LogConfig read_log(const Table& table);
model::ApiConfig read_api(const Table& table);
model::FrrConfig read_frr(const Table& table);
model::VipsConfig read_vips(const Table& table, model::Announcer announcer);
/// Nothing if there is no such section.
std::optional<model::RelayConfig> read_relay(const Table& table);
/// Once the services are known.
void forbid_vips_as_siblings(const Table& table, const std::vector<model::ServiceConfig>& services,
                             const model::RelayConfig& relay);
/// Answers for `vipherd render`, of no meaning to the agent.
model::RenderAnswers read_render(const Table& table);

}  // namespace vipherd::config
