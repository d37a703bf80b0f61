#include "core/operators.hpp"

namespace vipherd::core {
namespace {

using namespace model;

void drain(OperatorState& operators, const event::OperatorCommand& word) {
  if (word.vip) {
    operators.drained_vips.insert(*word.vip);
  } else if (!word.service.empty()) {
    operators.drained_services.insert(word.service);
  } else {
    operators.node_drained = true;
  }
}

void resume(OperatorState& operators, const event::OperatorCommand& word) {
  if (word.vip) {
    operators.drained_vips.erase(*word.vip);
  } else if (!word.service.empty()) {
    operators.drained_services.erase(word.service);
  } else {
    // "Resume" is the word of somebody who wants all of it back.
    operators.node_drained = false;
    operators.drained_services.clear();
    operators.drained_vips.clear();
  }
}

void set_weight(OperatorState& operators, const event::OperatorCommand& word) {
  if (word.service.empty()) {
    operators.node_weight.reset();
    if (word.weight > 0) operators.node_weight = word.weight;
  } else if (word.weight > 0) {
    operators.service_weights[word.service] = word.weight;
  } else {
    operators.service_weights.erase(word.service);
  }
}

}  // namespace

void took_word(OperatorState& operators, const event::OperatorCommand& word) {
  using Verb = event::OperatorCommand::Verb;
  if (word.verb == Verb::drain) drain(operators, word);
  if (word.verb == Verb::resume) resume(operators, word);
  if (word.verb == Verb::set_weight) set_weight(operators, word);
}

}  // namespace vipherd::core
