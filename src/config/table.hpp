// A TOML table read strictly: it knows the keys it may have, merges what several files say,
// and every value knows its name and place, so that an error is one call.
#pragma once

#include <toml++/toml.h>

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/errors.hpp"

namespace vipherd::config {

/// One value of the configuration.
class Value {
 public:
  Value(Errors& errors, std::string path, std::size_t source, const toml::node& node, Place key)
      : errors_(&errors), path_(std::move(path)), source_(source), node_(&node), key_(key) {}

  const std::string& path() const { return path_; }
  std::size_t source() const { return source_; }
  const toml::node& node() const { return *node_; }
  Place place() const;
  /// Where its key stands; for a table the better place to point at.
  Place key_place() const { return key_; }

  /// "PATH: MESSAGE"
  void error(const std::string& message) const;
  /// "PATH: expected EXPECTED, got (what stands there)"
  void expected(const std::string& what) const;

  std::optional<std::string> text(const std::string& expected_what = "a string") const;
  std::optional<std::int64_t> integer(const std::string& expected_what = "an integer") const;
  std::optional<bool> boolean() const;
  /// The elements, each with this value's path; nothing if it is not an array.
  std::optional<std::vector<Value>> elements(const std::string& expected_what) const;

 private:
  Errors* errors_;
  std::string path_;
  std::size_t source_;
  const toml::node* node_;
  Place key_;
};

class Table {
 public:
  /// `path` is empty for the whole file. `place` is where a missing key is reported.
  Table(Errors& errors, std::string path, Place place = {})
      : errors_(&errors), path_(std::move(path)), place_(place) {}
  /// The table that `value` is; empty, with an error, if it is something else.
  Table(Errors& errors, const Value& value);

  /// Adds the keys of one file. A key that is here already is an error naming both places.
  void merge(std::size_t source, const toml::table& table);
  /// Every key that is not one of these is an error.
  void allow(std::span<const std::string_view> keys) const;

  const std::string& path() const { return path_; }
  Place place() const { return place_; }
  void set_place(Place place) { place_ = place; }
  const Value* find(std::string_view key) const;
  /// In the order in which they are written.
  std::vector<const Value*> in_order() const;
  /// "PATH: MESSAGE" at the table's place.
  void error(const std::string& message) const;

 private:
  Errors* errors_;
  std::string path_;
  Place place_;
  std::map<std::string, Value, std::less<>> values_;
};

/// The table of that name, if there is one; not if it is something else, which is an error.
std::optional<Table> find_table(const Table& parent, Errors& errors, std::string_view key);

}  // namespace vipherd::config
