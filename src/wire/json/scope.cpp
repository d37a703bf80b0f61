#include "wire/json/scope.hpp"

#include <nlohmann/json.hpp>

namespace vipherd::wire {

using nlohmann::json;

json encode_scope(const model::Scope& scope) {
  if (const auto* service = std::get_if<model::scope::Service>(&scope)) {
    return {{"service", service->name}};
  }
  if (const auto* vip = std::get_if<model::scope::Vip>(&scope)) {
    return {{"vip", vip->address.to_string()}};
  }
  return {{"node", true}};
}

std::optional<model::Scope> decode_scope(const json& value) {
  if (!value.is_object() || value.size() != 1) return std::nullopt;
  const auto only = value.begin();
  const std::string& key = only.key();
  if (key == "node" && only->is_boolean() && only->get<bool>()) return model::scope::Node{};
  if (!only->is_string()) return std::nullopt;
  const auto text = only->get<std::string>();
  if (key == "service") return model::scope::Service{text};
  const auto vip = IpAddress::parse(text);
  if (key != "vip" || !vip) return std::nullopt;
  return model::scope::Vip{*vip};
}

}  // namespace vipherd::wire
