// Kinds of checks for the tests of the configuration: one key of every type there is.
#pragma once

#include <array>

#include "vipherd/model/settings.hpp"

namespace vipherd::config::test {

inline std::vector<model::SettingFault> judge_url(const model::Settings& settings) {
  std::vector<model::SettingFault> faults;
  if (!model::setting_or<std::string>(settings, "url", "").starts_with("http://")) {
    faults.push_back({"url", "expected a URL that starts with http://"});
  }
  if (settings.contains("headers") && !settings.contains("method")) {
    faults.push_back({"method", "expected one beside headers"});
  }
  return faults;
}

inline std::optional<SocketAddress> target_of_tcp(const model::Settings& settings) {
  const auto address =
      IpAddress::parse(model::setting_or<std::string>(settings, "towards", "127.0.0.1"));
  const auto port = model::setting_or<std::int64_t>(settings, "port", 0);
  return SocketAddress{*address, static_cast<std::uint16_t>(port)};
}

inline model::Settings aim_tcp(const model::Settings& settings, const IpAddress& address) {
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
        judge_url},
       {"tcp",
        "a TCP connection",
        {{"port", integer, true, "where to connect"}, {"towards", text, false, "of via_vip"}},
        {},
        target_of_tcp,
        aim_tcp,
        2,
        [](const model::Settings& settings) {
          return "PING " + model::setting_or<std::string>(settings, "towards", "");
        }}}};
  return kSchemas;
}

}  // namespace vipherd::config::test
