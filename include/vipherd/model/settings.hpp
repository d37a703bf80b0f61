// What a kind of check may be told in the configuration, and what it was told.
// Plain values: the configuration reads them, the probe room interprets them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <typeinfo>
#include <utility>
#include <variant>
#include <vector>

#include "vipherd/base/assert.hpp"
#include "vipherd/base/duration.hpp"
#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/base/socket_address.hpp"

namespace vipherd::model {

/// The order of the alternatives is the order of SettingType; what is `words` is kept as texts,
/// what is `bytes` as a string.
using SettingValue = std::variant<bool, std::int64_t, std::string, Duration,
                                  std::vector<std::int64_t>, std::vector<std::string>>;
enum class SettingType : std::uint8_t {
  boolean,
  integer,
  text,
  duration,
  integers,
  texts,
  words,  ///< strings and integers mixed, an integer as its digits
  bytes,  ///< a string in which a NUL is one byte among others; every other text has none
};

using Settings = std::map<std::string, SettingValue, std::less<>>;

/// One key that a kind of check understands, beyond those common to all kinds.
struct SettingSpec {
  std::string_view name;
  SettingType type;
  bool required;
  std::string_view doc;
};

/// A error in the settings of a check; the configuration adds file, line and column of `key`.
struct SettingError {
  std::string key;
  std::string message;
};

/// What a kind of check has made of settings, ready for its probes to run. Immutable and shared, so
/// a copy costs nothing. Only the kind knows the type of what is inside, and takes it out again.
class Prepared {
 public:
  Prepared() = default;
  template <class T>
  static Prepared of(T value) {
    Prepared prepared;
    prepared.value_ = std::make_shared<const T>(std::move(value));
    prepared.type_ = &typeid(T);
    return prepared;
  }
  /// What was made by of() with this very type.
  template <class T>
  std::shared_ptr<const T> as() const {
    VIPHERD_ASSERT(type_ != nullptr && *type_ == typeid(T));
    return std::static_pointer_cast<const T>(value_);
  }

 private:
  std::shared_ptr<const void> value_;
  const std::type_info* type_ = nullptr;
};

/// What a kind says of settings: all that is wrong with them, or what its probes need.
struct Preparation {
  std::vector<SettingError> errors{};
  Prepared prepared{};                    ///< of no use if there are errors, nor is the rest
  std::optional<SocketAddress> target{};  ///< where a probe connects to, if that is numeric
  /// What to say first on a connection that is held to watch it (watch_connection), so that the
  /// server takes it for one between two requests, which it closes as soon as it stops. Empty:
  /// nothing is said.
  std::string greeting{};
};

/// The settings of a check, as they were given and as its kind runs them.
struct CheckSettings {
  Settings given{};
  Prepared prepared{};                    ///< made of `given`
  std::optional<SocketAddress> target{};  ///< where it connects to, if that is numeric
  /// Whatever is made of the same settings is the same.
  friend bool operator==(const CheckSettings& left, const CheckSettings& right) {
    return left.given == right.given;
  }
};

/// The part of a kind of check that the configuration needs to know.
struct CheckSchema {
  std::string_view type;  ///< the `type = "..."` of the configuration
  std::string_view doc;
  std::vector<SettingSpec> settings;
  /// Called once for each check when a configuration is loaded, with settings whose types are
  /// right. Pure: what a file or another program says is for the probe to ask.
  std::function<Preparation(const Settings&)> prepare;
  /// The same valid settings, but connecting to this address (via_vip). Empty: the kind connects to
  /// nothing.
  std::function<Settings(const Settings&, const IpAddress&)> retarget{};
  /// The most file descriptors that one probe has open at once.
  std::uint32_t descriptors = 2;
};

/// The value of `key`, or `fallback` when it was not configured.
template <class T>
T setting_or(const Settings& settings, std::string_view key, T fallback) {
  const auto found = settings.find(key);
  return found == settings.end() ? fallback : std::get<T>(found->second);
}

}  // namespace vipherd::model
