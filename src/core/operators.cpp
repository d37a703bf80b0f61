#include "core/operators.hpp"

namespace vipherd::core {
namespace {

using namespace model;

struct DrainScope {
  OperatorState& operators;
  void operator()(const scope::Node&) const { operators.node_drained = true; }
  void operator()(const scope::Service& service) const {
    operators.drained_services.insert(service.name);
  }
  void operator()(const scope::Vip& vip) const { operators.drained_vips.insert(vip.address); }
};

struct ResumeScope {
  OperatorState& operators;
  /// "Resume" is the command of somebody who wants all of it back.
  void operator()(const scope::Node&) const {
    operators.node_drained = false;
    operators.drained_services.clear();
    operators.drained_vips.clear();
  }
  void operator()(const scope::Service& service) const {
    operators.drained_services.erase(service.name);
  }
  void operator()(const scope::Vip& vip) const { operators.drained_vips.erase(vip.address); }
};

struct WeighScope {
  OperatorState& operators;
  std::uint32_t weight;  ///< 0: as configured
  void operator()(const scope::Node&) const {
    operators.node_weight.reset();
    if (weight > 0) operators.node_weight = weight;
  }
  void operator()(const scope::Service& service) const {
    if (weight > 0) {
      operators.service_weights[service.name] = weight;
    } else {
      operators.service_weights.erase(service.name);
    }
  }
  void operator()(const scope::Vip&) const {}  // a VIP has its service's weight
};

}  // namespace

void took_word(OperatorState& operators, const event::OperatorCommand& word) {
  using Verb = event::OperatorCommand::Verb;
  if (word.verb == Verb::drain) std::visit(DrainScope{operators}, word.scope);
  if (word.verb == Verb::resume) std::visit(ResumeScope{operators}, word.scope);
  if (word.verb == Verb::set_weight) std::visit(WeighScope{operators, word.weight}, word.scope);
}

}  // namespace vipherd::core
