#include "vipherd/model/scope.hpp"

namespace vipherd::model::scope {

Scope widen(const ServiceScope& scope) {
  return std::visit([](const auto& one) -> Scope { return one; }, scope);
}

std::string to_string(const Scope& scope) {
  if (const auto* service = std::get_if<Service>(&scope)) return "service " + service->name;
  if (const auto* vip = std::get_if<Vip>(&scope)) return "VIP " + vip->address.to_string();
  return "this node";
}

}  // namespace vipherd::model::scope
