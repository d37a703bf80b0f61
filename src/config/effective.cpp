#include "vipherd/config/effective.hpp"

#include <algorithm>

#include "config/effective_writer.hpp"
#include "vipherd/base/join.hpp"

namespace vipherd::config {
namespace {

/// Where the comment begins, if the value leaves room.
constexpr std::size_t kCommentColumn = 44;

std::string_view word_of(model::LogLevel level) {
  switch (level) {
    case model::LogLevel::debug:
      return "debug";
    case model::LogLevel::info:
      return "info";
    case model::LogLevel::warning:
      return "warning";
    case model::LogLevel::error:
      return "error";
  }
  return "";
}

void write_node(EffectiveWriter& writer, const model::Config& config) {
  writer.begin({"node"});
  writer.add("name", toml_value(std::string_view(config.node.name)));
  writer.add("shutdown_timeout", toml_value(config.node.shutdown_timeout));
  writer.add("weight", toml_value(std::int64_t{config.node.weight}));
  writer.add("state_file", toml_value(std::string_view(config.node.state_file)));
  writer.begin({"log"});
  writer.add("level", toml_value(word_of(config.log.level)));
  writer.begin({"api"});
  const std::string listen = config.api.listen ? config.api.listen->to_string() : "";
  writer.add("listen", toml_value(std::string_view(listen)));
  writer.add("hosts", toml_array_of_texts(config.api.hosts));
  writer.add("control_socket", toml_value(std::string_view(config.api.control_socket)));
}

void write_frr(EffectiveWriter& writer, const model::FrrConfig& frr) {
  std::vector<std::string> protocols;
  for (const model::Protocol each : frr.protocols) protocols.emplace_back(to_string(each));
  writer.begin({"frr"});
  writer.add("announcer", toml_value(to_string(frr.announcer)));
  writer.add("route_type", toml_value(to_string(frr.route_type)));
  writer.add("dialect", toml_value(std::string_view(frr.dialect)));
  writer.add("protocols", toml_array_of_texts(protocols));
  writer.add("zserv_socket", toml_value(std::string_view(frr.zserv_socket)));
  writer.add("zebra_vty_socket", toml_value(std::string_view(frr.zebra_vty_socket)));
  writer.add("min_change_interval", toml_value(frr.min_change_interval));
  writer.add("reach_deadline", toml_value(frr.reach_deadline));
}

void write_vips(EffectiveWriter& writer, const model::VipsConfig& vips) {
  std::vector<std::string> pool;
  for (const IpPrefix& prefix : vips.pool) pool.push_back(prefix.to_string());
  writer.begin({"vips"});
  writer.add("pool", toml_array_of_texts(pool));
  writer.add("route_protocol", toml_value(std::int64_t{vips.route_protocol}));
  writer.add("detach_delay", toml_value(vips.detach_delay));
  writer.add("lease", toml_value(vips.lease));
}

std::string line_of(const EffectiveValue& value) {
  const std::string prefix = value.note.empty() ? "" : "# ";
  std::string line = prefix + toml_key(value.key) + " = " + value.value;
  if (line.size() < kCommentColumn) line.resize(kCommentColumn, ' ');
  const std::string from = value.from.empty() ? "default" : value.from;
  return line + "  # " + from + (value.note.empty() ? "" : ": " + value.note) + "\n";
}

}  // namespace

std::vector<EffectiveValue> effective_values(const model::Config& config,
                                             std::span<const Source> sources) {
  EffectiveWriter writer(sources);
  write_node(writer, config);
  write_frr(writer, config.frr);
  write_vips(writer, config.vips);
  for (const model::ServiceConfig& service : config.services) {
    write_service(writer, service, config.frr.announcer);
    for (const model::CheckConfig& check : service.checks) write_check(writer, service, check);
  }
  return writer.take();
}

std::string key_of(const EffectiveValue& value) {
  return join(value.table, ".", toml_key) + "." + toml_key(value.key);
}

std::string render_effective(std::span<const EffectiveValue> values, bool defaults) {
  std::string text;
  const std::vector<std::string>* table = nullptr;
  for (const EffectiveValue& value : values) {
    if (!defaults && value.from.empty()) continue;
    if (table == nullptr || *table != value.table) {
      text += (text.empty() ? "[" : "\n[") + join(value.table, ".", toml_key) + "]\n";
      table = &value.table;
    }
    text += line_of(value);
  }
  return text;
}

}  // namespace vipherd::config
