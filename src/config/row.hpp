// A row says everything about one key of a table: its name, where its value goes, how it is
// written, and what the documentation says of it. The rows of a table are its keys: there are no
// others.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/type.hpp"

namespace vipherd::config {

/// As the documentation has it, in Markdown.
struct KeyText {
  std::string key;
  std::string type;
  std::string meaning;
  std::string preset;  ///< its value unless it is given
};

/// A key of the table that is read into an S.
template <class S>
struct Row : KeyText {
  /// `place` is the member, or what finds it in an S (path()). Its preset is the member's, unless
  /// told otherwise.
  template <class Place, class T>
  Row(std::string_view name, Place place, Type<T> how, std::string_view means,
      std::string_view unless_given = "")
      : KeyText{std::string(name), how.name, std::string(means), std::string(unless_given)},
        read([place, read_value = how.read](const Value& value, S& section) {
          auto result = read_value(value);
          if (!result) return false;
          std::invoke(place, section) = std::move(*result);
          return true;
        }),
        print([place, print_value = how.print](const S& section) {
          return print_value(std::invoke(place, section));
        }) {
    if (!preset.empty()) return;
    const std::string printed = print(S{});
    preset = printed.empty() ? "none" : "`" + printed + "`";
  }
  /// Read by code of its table's own, and printed by it unless there is a printer.
  Row(std::string_view name, std::string_view how, std::string_view means,
      std::string_view unless_given, std::function<std::string(const S&)> printer = {})
      : KeyText{std::string(name), std::string(how), std::string(means), std::string(unless_given)},
        print(std::move(printer)) {}

  /// Sets the member; false, with an error, if the value is not right.
  std::function<bool(const Value&, S&)> read{};
  /// As TOML; empty: nothing to write.
  std::function<std::string(const S&)> print{};
};

template <class S>
using Rows = std::vector<Row<S>>;

/// Finds a member of a member: path(&Drain::route, &RouteAttributes::tag).
template <class... Members>
auto path(Members... members) {
  return [=](auto& from) -> auto& { return (from.*....*members); };
}

using Keys = std::vector<std::string_view>;

template <class S>
Keys keys_of(const Rows<S>& rows) {
  Keys keys;
  for (const Row<S>& row : rows) keys.push_back(row.key);
  return keys;
}

/// The keys that were given, with values that are right.
using Given = std::set<std::string_view>;

template <class S>
Given read_rows(const Table& table, const Rows<S>& rows, S& section) {
  Given given;
  for (const Row<S>& row : rows) {
    const Value* value = row.read ? table.find(row.key) : nullptr;
    if (value != nullptr && row.read(*value, section)) given.insert(row.key);
  }
  return given;
}

/// The same for a table that has no other keys: each that it should not have is an error.
template <class S>
Given read_table(const Table& table, const Rows<S>& rows, S& section) {
  table.allow(keys_of(rows));
  return read_rows(table, rows, section);
}

}  // namespace vipherd::config
