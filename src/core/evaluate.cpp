#include "core/evaluate.hpp"

#include "core/service_fsm.hpp"
#include "core/vip/reconcile.hpp"

namespace vipherd::core {

void evaluate_service_of(Turn& turn, const model::CheckId& check) {
  const auto found = turn.state.services.find(check.service);
  if (found == turn.state.services.end()) return;
  if (evaluate(turn, check.service, found->second)) reconcile_vips_of(turn, found->second);
}

void evaluate_all(Turn& turn) {
  for (auto& [name, service] : turn.state.services) evaluate(turn, name, service);
  reconcile_all(turn);
}

void on_service_alarm(Turn& turn, const std::string& service) {
  const auto found = turn.state.services.find(service);
  if (found == turn.state.services.end()) return;
  release(turn, service, found->second);
  if (evaluate(turn, service, found->second)) reconcile_vips_of(turn, found->second);
}

}  // namespace vipherd::core
