// A TOML table read strictly: it knows the keys it may have, merges what several files say,
// and every value knows its name and place, so that a fault is one call.
#pragma once

#include <toml++/toml.h>

#include <concepts>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/faults.hpp"

namespace vipherd::config {

/// One value of the configuration.
class Value {
 public:
  Value(Faults& faults, std::string path, std::size_t source, const toml::node& node, Place key)
      : faults_(&faults), path_(std::move(path)), source_(source), node_(&node), key_(key) {}

  const std::string& path() const { return path_; }
  std::size_t source() const { return source_; }
  const toml::node& node() const { return *node_; }
  Place place() const;
  /// Where its key stands; for a table the better place to point at.
  Place key_place() const { return key_; }

  /// "PATH: MESSAGE"
  void fault(const std::string& message) const;
  /// "PATH: expected EXPECTED, got (what stands there)"
  void expected(const std::string& what) const;

  std::optional<std::string> text(const std::string& expected_what = "a string") const;
  std::optional<std::int64_t> integer(const std::string& expected_what = "an integer") const;
  std::optional<bool> boolean() const;
  /// The elements, each with this value's path; nothing if it is not an array.
  std::optional<std::vector<Value>> elements(const std::string& expected_what) const;

 private:
  Faults* faults_;
  std::string path_;
  std::size_t source_;
  const toml::node* node_;
  Place key_;
};

class Table {
 public:
  /// `path` is empty for the whole file. `place` is where a missing key is reported.
  Table(Faults& faults, std::string path, Place place = {})
      : faults_(&faults), path_(std::move(path)), place_(place) {}
  /// The table that `value` is; empty, with a fault, if it is something else.
  Table(Faults& faults, const Value& value);

  /// Adds the keys of one file. A key that is here already is a fault naming both places.
  void merge(std::size_t source, const toml::table& table);
  /// Declares the keys that may be read from here on.
  void expect(std::vector<std::string_view> keys) { allowed_ = std::move(keys); }
  /// The same, and reports every key that is not one of them.
  void allow(std::vector<std::string_view> keys);

  const std::string& path() const { return path_; }
  Place place() const { return place_; }
  void set_place(Place place) { place_ = place; }
  const Value* find(std::string_view key) const;
  /// In the order in which they are written.
  std::vector<const Value*> in_order() const;
  /// "PATH: MESSAGE" at the table's place.
  void fault(const std::string& message) const;

  /// If `key` is there and `reader` accepts it, `target` is set. True if it was.
  template <class T, class Reader>
  requires std::invocable<Reader, const Value&>
  bool read(std::string_view key, T& target, Reader&& reader) const {
    check_allowed(key);
    const Value* value = find(key);
    if (value == nullptr) return false;
    auto result = reader(*value);
    if (!result) return false;
    target = std::move(*result);
    return true;
  }

 private:
  void check_allowed(std::string_view key) const;

  Faults* faults_;
  std::string path_;
  Place place_;
  std::map<std::string, Value, std::less<>> values_;
  std::vector<std::string_view> allowed_;
};

}  // namespace vipherd::config
