// Collects values, one table after the other, and finds out where each comes from.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "config/origins.hpp"
#include "config/row.hpp"
#include "config/toml_text.hpp"
#include "vipherd/config/effective.hpp"

namespace vipherd::config {

class EffectiveWriter {
 public:
  explicit EffectiveWriter(std::span<const Source> sources) : origins_(find_origins(sources)) {}

  void begin(KeyPath table) { table_ = std::move(table); }
  /// `value` is TOML.
  void add(const std::string& key, std::string value) {
    values_.push_back({table_, key, std::move(value), origin_of(key), {}});
  }
  /// Why the key, which was added to this table, cannot be written so.
  void remark(std::string_view key, std::string note) {
    std::find_if(values_.rbegin(), values_.rend(), [&](const auto& each) {
      return each.key == key;
    })->note = std::move(note);
  }
  /// Every key that has something to write, but for those of `without`.
  template <class S>
  void add_rows(const Rows<S>& rows, const S& section, const Keys& without = {}) {
    for (const Row<S>& row : rows) {
      if (!row.print || std::ranges::find(without, row.key) != without.end()) continue;
      std::string value = row.print(section);
      if (!value.empty()) add(row.key, std::move(value));
    }
  }
  template <class S>
  void add_table(KeyPath table, const Rows<S>& rows, const S& section, const Keys& without = {}) {
    begin(std::move(table));
    add_rows(rows, section, without);
  }
  bool is_given(const std::string& key) const { return !origin_of(key).empty(); }
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
