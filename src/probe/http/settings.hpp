// The settings of the kinds `http` and `https`: from the configuration to what is sent, and what
// must come. Pure.
#pragma once

#include <memory>
#include <string_view>
#include <variant>
#include <vector>

#include "probe/http/expect.hpp"
#include "probe/http/plain_request.hpp"
#include "probe/http/request.hpp"
#include "vipherd/model/settings.hpp"

namespace vipherd::probe::http {

/// Elsewhere, since it is large and few checks need one.
using CurlRequest = std::unique_ptr<const curl::Request>;

struct HttpSettings {
  std::variant<PlainRequest, CurlRequest> request;
  StatusSet statuses;
  Expectation expectation;
};

std::string_view to_string(Scheme scheme);

std::vector<model::SettingSpec> http_setting_specs(Scheme scheme);
model::Preparation prepare_http(const model::Settings& given, Scheme scheme);
/// The same valid settings, but connecting to this address; as they are if they have no port.
model::Settings retarget_http(const model::Settings& given, Scheme scheme,
                              const IpAddress& address);

}  // namespace vipherd::probe::http
