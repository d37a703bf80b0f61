// What operators have asked for and have not taken back. It outlives the agent: the core owns it,
// the agent writes it down with every change and reads it at its start.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/model/instruction.hpp"

namespace vipherd::model {

struct OperatorState {
  using OfServices = std::map<std::string, Instruction, std::less<>>;
  OfServices disabled;
  std::optional<Instruction> node_drained;
  OfServices drained_services;
  std::map<IpAddress, Instruction> drained_vips;
  /// Per cent, in place of the configured ones.
  std::optional<std::uint32_t> node_weight;
  std::map<std::string, std::uint32_t, std::less<>> service_weights;
  friend bool operator==(const OperatorState&, const OperatorState&) = default;
};

}  // namespace vipherd::model
