#include "core/expiry.hpp"

#include <algorithm>
#include <variant>

#include "vipherd/base/overloaded.hpp"

namespace vipherd::core {
namespace {

using namespace model;

void forget(OperatorState& operators, const Expiry& expired) {
  std::visit(Overloaded{
                 [&](const scope::Node&) { operators.node_drained.reset(); },
                 [&](const scope::Service& service) {
                   (expired.disables ? operators.disabled : operators.drained_services)
                       .erase(service.name);
                 },
                 [&](const scope::Vip& vip) { operators.drained_vips.erase(vip.address); },
             },
             expired.scope);
}

}  // namespace

void plan_expiries(State& state, WallTime wall, TimePoint now) {
  state.expiries.clear();
  const auto plan = [&](const Instruction& instruction, Scope scope, bool disables = false) {
    if (!instruction.until) return;
    state.expiries.push_back({std::move(scope), disables, now + (*instruction.until - wall)});
  };
  const OperatorState& operators = state.operators;
  if (operators.node_drained) plan(*operators.node_drained, scope::Node{});
  for (const auto& [service, instruction] : operators.drained_services) {
    plan(instruction, scope::Service{service});
  }
  for (const auto& [vip, instruction] : operators.drained_vips) plan(instruction, scope::Vip{vip});
  for (const auto& [service, instruction] : operators.disabled) {
    plan(instruction, scope::Service{service}, /*disables=*/true);
  }
}

std::optional<TimePoint> next_expiry(const State& state) {
  const auto first = std::ranges::min_element(state.expiries, {}, &Expiry::at);
  return first == state.expiries.end() ? std::nullopt : std::optional(first->at);
}

std::vector<Expiry> take_expired(State& state, TimePoint now) {
  std::vector<Expiry> expired;
  for (const Expiry& one : state.expiries) {
    if (one.at <= now) expired.push_back(one);
  }
  std::erase_if(state.expiries, [now](const Expiry& one) { return one.at <= now; });
  for (const Expiry& one : expired) forget(state.operators, one);
  return expired;
}

}  // namespace vipherd::core
