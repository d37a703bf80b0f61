// The settings of the kinds `http` and `https`: from the configuration to what a request
// needs. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "probe/curl_transfer.hpp"
#include "probe/http_expect.hpp"
#include "vipherd/model/settings.hpp"

namespace vipherd::probe {

enum class Scheme : std::uint8_t { http, https };
std::string_view to_string(Scheme scheme);

std::vector<model::SettingSpec> http_setting_specs(Scheme scheme);
std::vector<model::SettingFault> validate_http(const model::Settings& settings, Scheme scheme);

// All of the following are of valid settings.

StatusSet read_statuses(const model::Settings& settings);
Expectation read_expectation(const model::Settings& settings, RegexCache& regexes);
CurlRequest read_curl_request(const model::Settings& settings, Scheme scheme);
/// What is connected to, if that is an address.
std::optional<SocketAddress> target_of_http(const model::Settings& settings, Scheme scheme);
/// The same settings, but connecting to this address; as they are if they have no port.
model::Settings aim_http(const model::Settings& settings, Scheme scheme, const IpAddress& address);

}  // namespace vipherd::probe
