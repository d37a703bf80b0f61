// Kinds of checks for the tests of the configuration: one key of every type there is.
#pragma once

#include <array>

#include "vipherd/model/settings.hpp"

namespace vipherd::config::test {

inline model::Preparation prepare_http(const model::Settings& settings) {
  model::Preparation made;
  std::vector<model::SettingError>& errors = made.errors;
  if (!model::setting_or<std::string>(settings, "url", "").starts_with("http://")) {
    errors.push_back({"url", "expected a URL that starts with http://"});
  }
  if (settings.contains("headers") && !settings.contains("method")) {
    errors.push_back({"method", "expected one beside headers"});
  }
  return made;
}

inline model::Preparation prepare_tcp(const model::Settings& settings) {
  const auto address =
      IpAddress::parse(model::setting_or<std::string>(settings, "towards", "127.0.0.1"));
  const auto port = model::setting_or<std::int64_t>(settings, "port", 0);
  model::Preparation made;
  made.target = SocketAddress{*address, static_cast<std::uint16_t>(port)};
  made.greeting = "PING " + model::setting_or<std::string>(settings, "towards", "");
  return made;
}

inline model::Settings retarget_tcp(const model::Settings& settings, const IpAddress& address) {
  model::Settings aimed = settings;
  aimed["towards"] = address.to_string();
  return aimed;
}

inline const std::array<model::CheckSchema, 2>& schemas() {
  using enum model::SettingType;
  static const std::array<model::CheckSchema, 2> kSchemas{
      {{"http",
        "an HTTP request",
        {{"url", text, true, "what to get"},
         {"method", text, false, "the method"},
         {"status", integers, false, "accepted answers"},
         {"headers", texts, false, "sent along"},
         {"follow", boolean, false, "follow redirects"},
         {"delay", duration, false, "before the first byte"},
         {"accept", words, false, "kinds of answers"}},
        prepare_http},
       {"tcp",
        "a TCP connection",
        {{"port", integer, true, "where to connect"}, {"towards", text, false, "of via_vip"}},
        prepare_tcp,
        retarget_tcp,
        2}}};
  return kSchemas;
}

}  // namespace vipherd::config::test
