// Reads the settings of a check, once, into what its kind wants of them, and collects what is wrong
// with them. Pure. Names and types are right already; what they may say is for the kind to check.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vipherd/base/result.hpp"
#include "vipherd/base/socket_address.hpp"
#include "vipherd/model/settings.hpp"

namespace vipherd::probe {

/// The key of what is connected to, in most kinds.
inline constexpr std::string_view kAddress = "address";

class SettingReader {
 public:
  using Texts = std::vector<std::string>;

  explicit SettingReader(const model::Settings& settings) : settings_(settings) {}

  bool has(std::string_view key) const { return settings_.contains(key); }
  template <class T>
  T get(std::string_view key, T fallback) const {
    return model::setting_or(settings_, key, std::move(fallback));
  }
  std::string text(std::string_view key, std::string fallback = {}) const {
    return get(key, std::move(fallback));
  }
  Texts texts(std::string_view key) const { return get(key, Texts{}); }

  void error(std::string_view key, std::string message) {
    errors_.push_back({std::string(key), std::move(message)});
  }
  /// Moves the value to where it belongs, or notes why there is none.
  template <class T>
  void take(std::string_view key, Result<T> value, T& into) {
    if (value) {
      into = std::move(*value);
    } else {
      error(key, value.error().what);
    }
  }
  /// A numeric address with a port, which most kinds must have.
  SocketAddress address(std::string_view key) {
    SocketAddress read;
    take(key, SocketAddress::parse(text(key)), read);
    return read;
  }

  bool is_valid() const { return errors_.empty(); }
  /// What prepare() of a kind returns of settings that are not valid.
  model::Preparation refused() && { return {.errors = std::move(errors_)}; }
  /// What it returns otherwise, if that turned out to be so.
  template <class Own>
  model::Preparation prepared(Own own, std::optional<SocketAddress> target = {},
                              std::string greeting = {}) && {
    if (!is_valid()) return std::move(*this).refused();
    return {{}, model::Prepared::of(std::move(own)), target, std::move(greeting)};
  }

 private:
  const model::Settings& settings_;
  std::vector<model::SettingError> errors_;
};

/// For CheckSchema::aim: `key` names the address and port; the port stays as it is.
inline auto retarget_by(std::string_view key) {
  return [key](const model::Settings& settings, const IpAddress& address) {
    model::Settings aimed = settings;
    const std::uint16_t port = SettingReader(settings).address(key).port;
    aimed[std::string(key)] = SocketAddress{address, port}.to_string();
    return aimed;
  };
}

}  // namespace vipherd::probe
