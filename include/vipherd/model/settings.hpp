// What a kind of check may be told in the configuration, and what it was told.
// Plain values: the configuration reads them, the probe room interprets them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "vipherd/base/duration.hpp"
#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/base/socket_address.hpp"

namespace vipherd::model {

/// The order of the alternatives is the order of SettingType; what is `words` is kept as texts,
/// what is `octets` as a string.
using SettingValue = std::variant<bool, std::int64_t, std::string, Duration,
                                  std::vector<std::int64_t>, std::vector<std::string>>;
enum class SettingType : std::uint8_t {
  boolean,
  integer,
  text,
  duration,
  integers,
  texts,
  words,   ///< strings and integers mixed, an integer as its digits
  octets,  ///< a string in which a NUL is one octet among others; every other text has none
};

using Settings = std::map<std::string, SettingValue, std::less<>>;

/// One key that a kind of check understands, beyond those common to all kinds.
struct SettingSpec {
  std::string_view name;
  SettingType type;
  bool required;
  std::string_view doc;
};

/// A fault in the settings of a check; the configuration adds file, line and column of `key`.
struct SettingFault {
  std::string key;
  std::string message;
};

/// The part of a kind of check that the configuration needs to know.
struct CheckSchema {
  std::string_view type;  ///< the `type = "..."` of the configuration
  std::string_view doc;
  std::vector<SettingSpec> settings;
  /// Judges settings whose names and types are right already. May be empty.
  std::function<std::vector<SettingFault>(const Settings&)> validate;
  /// Where valid settings make a probe connect to, if that is numeric. May be empty.
  std::function<std::optional<SocketAddress>(const Settings&)> target{};
  /// The same settings, but connecting to this address (via_vip). Empty: the kind has no address.
  std::function<Settings(const Settings&, const IpAddress&)> aim{};
  /// The most file descriptors that one probe has open at once.
  std::uint32_t descriptors = 2;
  /// What to say first on a connection that is held to watch it (watch_connection), so that the
  /// server takes it for one between two requests, which it closes as soon as it stops. Empty:
  /// nothing is said.
  std::function<std::string(const Settings&)> greeting{};
};

/// The value of `key`, or `fallback` when it was not configured.
template <class T>
T setting_or(const Settings& settings, std::string_view key, T fallback) {
  const auto found = settings.find(key);
  return found == settings.end() ? fallback : std::get<T>(found->second);
}

}  // namespace vipherd::model
