// Collects values, one table after the other, and finds out where each comes from.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "config/origins.hpp"
#include "config/toml_text.hpp"
#include "vipherd/config/effective.hpp"

namespace vipherd::config {

class EffectiveWriter {
 public:
  explicit EffectiveWriter(std::span<const Source> sources) : origins_(find_origins(sources)) {}

  void begin(KeyPath table) { table_ = std::move(table); }
  /// `value` is TOML.
  void add(const std::string& key, std::string value, std::string note = {}) {
    values_.push_back({table_, key, std::move(value), origin_of(key), std::move(note)});
  }
  /// For one that cannot be written unless it was.
  void add_if_given(const std::string& key, std::string value) {
    if (!origin_of(key).empty()) add(key, std::move(value));
  }
  std::vector<EffectiveValue> take() { return std::move(values_); }

 private:
  std::string origin_of(const std::string& key) const {
    KeyPath path = table_;
    path.push_back(key);
    const auto found = origins_.find(path);
    return found == origins_.end() ? "" : found->second;
  }

  std::map<KeyPath, std::string> origins_;
  KeyPath table_;
  std::vector<EffectiveValue> values_;
};

void write_service(EffectiveWriter& writer, const model::ServiceConfig& service,
                   model::Announcer announcer);
void write_check(EffectiveWriter& writer, const model::ServiceConfig& service,
                 const model::CheckConfig& check);

}  // namespace vipherd::config
