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
         {"delay", duration, false, "before the first byte"}},
        judge_url},
       {"tcp", "a TCP connection", {{"port", integer, true, "where to connect"}}, {}}}};
  return kSchemas;
}

}  // namespace vipherd::config::test
