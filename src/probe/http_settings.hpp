// The settings of the kinds `http` and `https`: from the configuration to what a request
// needs. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "vipherd/model/settings.hpp"

namespace vipherd::probe {

enum class Scheme : std::uint8_t { http, https };
std::string_view to_string(Scheme scheme);

struct HttpSettings {
  std::string url;     ///< with server_name as its host, if one was configured
  std::string target;  ///< what is connected to, for people: "127.0.0.1:80"
  bool head = false;
  std::vector<std::int64_t> expect_status;  ///< empty: any 2xx
  std::vector<std::string> headers;         ///< "Name: value", Host among them
  std::string connect_to;                   ///< for CURLOPT_CONNECT_TO, or empty
  bool verify = true;
  std::string ca_file;

  bool expects(int status) const;
  /// "2xx", "200 or 204"
  std::string expected() const;
};

std::vector<model::SettingSpec> http_setting_specs(Scheme scheme);
std::vector<model::SettingFault> validate_http(const model::Settings& settings, Scheme scheme);
/// Of valid settings.
HttpSettings read_http_settings(const model::Settings& settings, Scheme scheme);
/// Valid settings, but connecting to this address.
model::Settings aim_http(const model::Settings& settings, Scheme scheme, const IpAddress& address);

}  // namespace vipherd::probe
