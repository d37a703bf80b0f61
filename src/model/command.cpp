#include "vipherd/model/command.hpp"

namespace vipherd::model::command {

std::string_view name_of(const Command& command) {
  return std::visit([](const auto& one) { return one.kName; }, command);
}

Scope scope_of(const Command& command) {
  return std::visit([](const auto& one) { return scope::widen(one.scope); }, command);
}

bool is_remembered(const Command& command) {
  return std::visit([](const auto& one) { return one.kRemembered; }, command);
}

}  // namespace vipherd::model::command
