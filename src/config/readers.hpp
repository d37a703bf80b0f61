// Readers of single values, to be given to Table::read: each accepts a value or reports what
// was expected, and makes no use of where the value is going.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "config/table.hpp"
#include "vipherd/base/duration.hpp"
#include "vipherd/base/ip_prefix.hpp"

namespace vipherd::config {

inline constexpr auto read_boolean = [](const Value& value) { return value.boolean(); };

/// A duration within [least, most].
std::optional<Duration> read_duration(const Value& value, Duration least, Duration most);

inline auto duration_between(Duration least, Duration most) {
  return [least, most](const Value& value) { return read_duration(value, least, most); };
}

/// An integer within [least, most], as the type of `T`.
std::optional<std::int64_t> read_integer(const Value& value, std::int64_t least, std::int64_t most);

template <class T>
auto integer_between(T least, T most) {
  return [least, most](const Value& value) -> std::optional<T> {
    const auto number =
        read_integer(value, static_cast<std::int64_t>(least), static_cast<std::int64_t>(most));
    return number ? std::optional<T>(static_cast<T>(*number)) : std::nullopt;
  };
}

/// A word of a fixed list, and what it stands for.
template <class T, std::size_t N>
using Words = std::array<std::pair<std::string_view, T>, N>;

/// The index of the word among `words`.
std::optional<std::size_t> read_word(const Value& value, std::span<const std::string_view> words);

template <class T, std::size_t N>
std::optional<T> read_one_of(const Value& value, const Words<T, N>& words) {
  std::array<std::string_view, N> names;
  for (std::size_t index = 0; index < N; ++index) names[index] = words[index].first;
  const auto index = read_word(value, names);
  return index ? std::optional<T>(words[*index].second) : std::nullopt;
}

/// The path of a UNIX socket: absolute, and not longer than the kernel takes.
std::optional<std::string> read_socket_path(const Value& value);

/// The absolute path of a file.
std::optional<std::string> read_absolute_path(const Value& value);

/// Names of nodes: what a host name may be made of.
std::optional<std::string> read_node_name(const Value& value);

/// A host's name as the DNS has it: labels of letters, digits, '_' and '-', without a port.
std::optional<std::string> read_host_name(const Value& value);

/// The name of a VRF's device; "default" reads as the empty name.
std::optional<std::string> read_vrf(const Value& value);

/// Why no router could carry a route to this address ("loopback"), or nothing.
std::optional<std::string_view> unroutable(const IpAddress& address);

}  // namespace vipherd::config
