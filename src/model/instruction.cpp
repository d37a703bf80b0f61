#include "vipherd/model/instruction.hpp"

#include "vipherd/model/operator_state.hpp"
#include "vipherd/model/status.hpp"

namespace vipherd::model {

std::string in_brackets(const Instruction& instruction) {
  std::string text = instruction.by;
  if (!instruction.reason.empty()) text += (text.empty() ? "" : ": ") + instruction.reason;
  if (instruction.until) {
    // Milliseconds say nothing to people.
    const std::string until = format_wall_time(*instruction.until);
    text += (text.empty() ? "until " : "; until ") + until.substr(0, until.find('.')) + "Z";
  }
  return text.empty() ? "" : " (" + text + ")";
}

std::vector<InstructionStatus> instructions_of(const OperatorState& operators) {
  constexpr TakenOutBy drain = TakenOutBy::drain;
  std::vector<InstructionStatus> all;
  if (operators.node_drained) all.push_back({drain, scope::Node{}, *operators.node_drained});
  for (const auto& [service, said] : operators.drained_services) {
    all.push_back({drain, scope::Service{service}, said});
  }
  for (const auto& [vip, said] : operators.drained_vips) {
    all.push_back({drain, scope::Vip{vip}, said});
  }
  for (const auto& [service, said] : operators.disabled) {
    all.push_back({TakenOutBy::disable, scope::Service{service}, said});
  }
  return all;
}

}  // namespace vipherd::model
