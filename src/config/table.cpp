#include "config/table.hpp"

#include <algorithm>

namespace vipherd::config {
namespace {

Place place_of(std::size_t source, const toml::source_region& region) {
  if (region.begin.line == 0) return {source, 1, 1};
  return {source, region.begin.line, region.begin.column};
}

std::string in_quotes(const std::string& text) {
  constexpr std::size_t kMost = 60;
  return "\"" + text.substr(0, kMost) + (text.size() > kMost ? "...\"" : "\"");
}

std::string describe(const toml::node& node) {
  if (const auto* text = node.as_string()) return "the string " + in_quotes(text->get());
  if (const auto* number = node.as_integer()) {
    return "the integer " + std::to_string(number->get());
  }
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  if (node.is_floating_point()) return "a number with a fraction";
  if (node.is_array()) return "an array";
  if (node.is_table()) return "a table";
  return "a date or time";
}

std::string child(const std::string& path, std::string_view key) {
  return path.empty() ? std::string(key) : path + "." + std::string(key);
}

}  // namespace

Place Value::place() const {
  // A table that is only implied by longer headers has no better place than its key.
  return node_->is_table() ? key_ : place_of(source_, node_->source());
}

void Value::error(const std::string& message) const {
  errors_->add(place(), path_ + ": " + message);
}

void Value::expected(const std::string& what) const {
  error("expected " + what + ", got " + describe(*node_));
}

std::optional<std::string> Value::text(const std::string& expected_what) const {
  if (const auto* value = node_->as_string()) return value->get();
  expected(expected_what);
  return std::nullopt;
}

std::optional<std::int64_t> Value::integer(const std::string& expected_what) const {
  if (const auto* value = node_->as_integer()) return value->get();
  expected(expected_what);
  return std::nullopt;
}

std::optional<bool> Value::boolean() const {
  if (const auto* value = node_->as_boolean()) return value->get();
  expected("true or false");
  return std::nullopt;
}

std::optional<std::vector<Value>> Value::elements(const std::string& expected_what) const {
  const toml::array* array = node_->as_array();
  if (array == nullptr) {
    expected(expected_what);
    return std::nullopt;
  }
  std::vector<Value> values;
  values.reserve(array->size());
  for (const toml::node& element : *array) {
    values.emplace_back(*errors_, path_, source_, element, place_of(source_, element.source()));
  }
  return values;
}

Table::Table(Errors& errors, const Value& value)
    : errors_(&errors), path_(value.path()), place_(value.key_place()) {
  if (const toml::table* table = value.node().as_table()) {
    merge(value.source(), *table);
  } else {
    value.expected("a table [" + value.path() + "]");
  }
}

void Table::merge(std::size_t source, const toml::table& table) {
  for (const auto& [key, node] : table) {
    const Place place = place_of(source, key.source());
    const std::string path = child(path_, key.str());
    const auto [present, added] =
        values_.try_emplace(std::string(key.str()), *errors_, path, source, node, place);
    if (added) continue;
    errors_->add(place,
                 path + ": defined twice, first at " + errors_->name(present->second.key_place()));
  }
}

void Table::allow(std::span<const std::string_view> keys) const {
  for (const auto& [key, value] : values_) {
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
    const std::string guess = errors_->full() ? "" : did_you_mean(key, keys);
    errors_->add(value.key_place(), value.path() + ": unknown key" + guess);
  }
}

const Value* Table::find(std::string_view key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? nullptr : &found->second;
}

std::vector<const Value*> Table::in_order() const {
  std::vector<const Value*> values;
  values.reserve(values_.size());
  for (const auto& [key, value] : values_) values.push_back(&value);
  std::stable_sort(values.begin(), values.end(),
                   [](const Value* a, const Value* b) { return a->key_place() < b->key_place(); });
  return values;
}

void Table::error(const std::string& message) const {
  errors_->add(place_, path_ + ": " + message);
}

std::optional<Table> find_table(const Table& parent, Errors& errors, std::string_view key) {
  const Value* value = parent.find(key);
  if (value == nullptr) return std::nullopt;
  Table table(errors, *value);
  return value->node().is_table() ? std::optional(std::move(table)) : std::nullopt;
}

}  // namespace vipherd::config
