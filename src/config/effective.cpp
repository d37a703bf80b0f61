#include "vipherd/config/effective.hpp"

#include <algorithm>

#include "config/effective_writer.hpp"
#include "config/tables/sections.hpp"

namespace vipherd::config {
namespace {

/// Where the comment begins, if the value leaves room.
constexpr std::size_t kCommentColumn = 44;

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ".") + toml_key(name);
  return text;
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
  writer.add_table({"node"}, node_rows(), config.node);
  writer.add_table({"log"}, log_rows(), config.log);
  writer.add_table({"api"}, api_rows(), config.api);
  writer.add_table({"frr"}, frr_rows(), config.frr);
  writer.add_table({"vips"}, vips_rows(), config.vips);
  if (config.relay) writer.add_table({"relay"}, relay_rows(), *config.relay);
  for (const model::ServiceConfig& service : config.services) {
    write_service(writer, service, config.frr.announcer);
    for (const model::CheckConfig& check : service.checks) write_check(writer, service, check);
  }
  return writer.take();
}

std::string key_of(const EffectiveValue& value) {
  return joined(value.table) + "." + toml_key(value.key);
}

std::string render_effective(std::span<const EffectiveValue> values, bool defaults) {
  std::string text;
  const std::vector<std::string>* table = nullptr;
  for (const EffectiveValue& value : values) {
    if (!defaults && value.from.empty()) continue;
    if (table == nullptr || *table != value.table) {
      text += (text.empty() ? "[" : "\n[") + joined(value.table) + "]\n";
      table = &value.table;
    }
    text += line_of(value);
  }
  return text;
}

}  // namespace vipherd::config
