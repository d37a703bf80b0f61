#include "vipherd/wire/control_json.hpp"

#include <nlohmann/json.hpp>

namespace vipherd::wire {

using nlohmann::json;

std::string encode_reached(std::span<const std::string> services) {
  json names = json::array();
  for (const std::string& service : services) names.push_back(service);
  return json{{"services", std::move(names)}}.dump() + "\n";
}

Result<std::vector<std::string>> decode_reached(std::string_view text) {
  const json parsed = json::parse(text, nullptr, false);
  const auto names = parsed.is_object() ? parsed.find("services") : parsed.end();
  if (!parsed.is_object() || names == parsed.end() || !names->is_array()) {
    return fail("expected {\"services\": [...]}, got " + std::string(text.substr(0, 80)));
  }
  std::vector<std::string> services;
  for (const json& name : *names) {
    if (!name.is_string()) return fail("expected the names of services");
    services.push_back(name.get<std::string>());
  }
  return services;
}

std::string decode_error(std::string_view text) {
  const json parsed = json::parse(text, nullptr, false);
  if (!parsed.is_object()) return "";
  const auto found = parsed.find("error");
  return found != parsed.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace vipherd::wire
