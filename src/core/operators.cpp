#include "core/operators.hpp"

#include <variant>

#include "vipherd/base/overloaded.hpp"

namespace vipherd::core {

using namespace model;

void record(OperatorState& operators, const command::Disable& disable,
            const Instruction& instruction) {
  operators.disabled[disable.scope.name] = instruction;
}

void record(OperatorState& operators, const command::Enable& enable) {
  operators.disabled.erase(enable.scope.name);
}

void record(OperatorState& operators, const command::Drain& drain, const Instruction& instruction) {
  std::visit(Overloaded{
                 [&](const scope::Node&) { operators.node_drained = instruction; },
                 [&](const scope::Service& service) {
                   operators.drained_services[service.name] = instruction;
                 },
                 [&](const scope::Vip& vip) { operators.drained_vips[vip.address] = instruction; },
             },
             drain.scope);
}

void record(OperatorState& operators, const command::Resume& resume) {
  std::visit(
      Overloaded{
          // "Resume" is the command of an operator who wants all of it back.
          [&](const scope::Node&) {
            operators.node_drained.reset();
            operators.drained_services.clear();
            operators.drained_vips.clear();
          },
          [&](const scope::Service& service) { operators.drained_services.erase(service.name); },
          [&](const scope::Vip& vip) { operators.drained_vips.erase(vip.address); },
      },
      resume.scope);
}

void record(OperatorState& operators, const command::Weight& weight) {
  std::visit(Overloaded{
                 [&](const scope::Node&) { operators.node_weight = weight.percent; },
                 [&](const scope::Service& service) {
                   if (weight.percent) {
                     operators.service_weights[service.name] = *weight.percent;
                   } else {
                     operators.service_weights.erase(service.name);
                   }
                 },
             },
             weight.scope);
}

}  // namespace vipherd::core
