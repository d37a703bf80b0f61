// What an operator's command is about. A type of its own, so that nothing named is never taken for
// everything: an empty name is no scope.
#pragma once

#include <string>
#include <variant>

#include "vipherd/base/ip_prefix.hpp"

namespace vipherd::model {

namespace scope {
struct Node {
  friend bool operator==(const Node&, const Node&) = default;
};
struct Service {
  std::string name;
  friend bool operator==(const Service&, const Service&) = default;
};
struct Vip {
  IpAddress address;
  friend bool operator==(const Vip&, const Vip&) = default;
};
}  // namespace scope

using Scope = std::variant<scope::Node, scope::Service, scope::Vip>;
/// Of what only services have: the node stands for all of its services.
using ServiceScope = std::variant<scope::Node, scope::Service>;

namespace scope {
inline Scope widen(const Scope& scope) { return scope; }
inline Scope widen(const Service& service) { return service; }
Scope widen(const ServiceScope& scope);
/// "this node", "service web", "VIP 10.10.10.10"
std::string to_string(const Scope& scope);
}  // namespace scope

}  // namespace vipherd::model
