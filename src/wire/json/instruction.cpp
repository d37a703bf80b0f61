#include "wire/json/instruction.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "wire/json/scope.hpp"

namespace vipherd::wire {
namespace {

using nlohmann::json;

WallTime time_of(const json& value) {
  const auto time = parse_wall_time(value.get_ref<const std::string&>());
  if (!time) throw std::out_of_range("expected a time such as 2026-01-31T12:00:00.250Z");
  return *time;
}

model::InstructionStatus read_instruction(const json& value) {
  const auto scope = decode_scope(value.at("scope"));
  if (!scope) throw std::out_of_range("expected a scope");
  const auto command = model::from_word<model::TakenOutBy>(value.at("command").get<std::string>());
  if (!command) throw std::out_of_range("expected a command");
  model::InstructionStatus read{*command, *scope, {}};
  read.instruction.by = value.at("by").get<std::string>();
  read.instruction.reason = value.at("reason").get<std::string>();
  read.instruction.since = time_of(value.at("since"));
  if (!value.at("until").is_null()) read.instruction.until = time_of(value.at("until"));
  return read;
}

}  // namespace

json encode_instruction(const model::InstructionStatus& instruction) {
  const model::Instruction& said = instruction.instruction;
  return {{"command", to_string(instruction.command)},
          {"scope", encode_scope(instruction.scope)},
          {"by", said.by},
          {"reason", said.reason},
          {"since", format_wall_time(said.since)},
          {"until", said.until ? json(format_wall_time(*said.until)) : json()}};
}

std::vector<model::InstructionStatus> decode_instructions(const json& list) {
  std::vector<model::InstructionStatus> all;
  if (!list.is_array()) return all;
  for (const json& one : list) {
    try {
      all.push_back(read_instruction(one));
    } catch (const std::exception&) {
      continue;
    }
  }
  return all;
}

}  // namespace vipherd::wire
