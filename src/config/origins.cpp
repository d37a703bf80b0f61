#include "config/origins.hpp"

#include <toml++/toml.h>

namespace vipherd::config {
namespace {

void note_keys(const std::string& file, const toml::table& table, KeyPath& path,
               std::map<KeyPath, std::string>& origins) {
  for (const auto& [key, node] : table) {
    path.emplace_back(key.str());
    origins.try_emplace(path, file + ":" + std::to_string(key.source().begin.line));
    if (const toml::table* inner = node.as_table()) note_keys(file, *inner, path, origins);
    path.pop_back();
  }
}

}  // namespace

std::map<KeyPath, std::string> find_origins(std::span<const Source> sources) {
  std::map<KeyPath, std::string> origins;
  for (const Source& source : sources) {
    try {
      const toml::table document = toml::parse(std::string_view(source.text));
      KeyPath path;
      note_keys(source.path, document, path, origins);
    } catch (const toml::parse_error&) {
      continue;  // parse() has told
    }
  }
  return origins;
}

}  // namespace vipherd::config
