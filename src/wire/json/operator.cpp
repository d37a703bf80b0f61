#include "vipherd/wire/json/operator.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "vipherd/base/overloaded.hpp"
#include "wire/json/instruction.hpp"

namespace vipherd::wire {
namespace {

using nlohmann::json;

constexpr std::uint32_t kGreatestWeight = 100;

std::uint32_t weight_of(const json& value) {
  const std::uint64_t weight = value.is_number_unsigned() ? value.get<std::uint64_t>() : 0;
  if (weight < 1 || weight > kGreatestWeight) {
    throw std::out_of_range("a weight is 1 to 100");
  }
  return static_cast<std::uint32_t>(weight);
}

/// Adds it to what it was said along with; what is not in force needs no explanation.
void add(model::OperatorState& operators, model::InstructionStatus read) {
  const auto put = [&](auto& all, const auto& key) {
    const auto found = all.find(key);
    if (found != all.end()) found->second = std::move(read.instruction);
  };
  std::visit(Overloaded{
                 [&](const model::scope::Node&) {
                   if (operators.node_drained) operators.node_drained = std::move(read.instruction);
                 },
                 [&](const model::scope::Service& service) {
                   put(read.command == model::TakenOutBy::disable ? operators.disabled
                                                                  : operators.drained_services,
                       service.name);
                 },
                 [&](const model::scope::Vip& vip) { put(operators.drained_vips, vip.address); },
             },
             read.scope);
}

model::OperatorState::OfServices services_of(const json& names) {
  model::OperatorState::OfServices services;
  for (const json& name : names) services[name.get<std::string>()] = {};
  return services;
}

model::OperatorState read(const json& object) {
  model::OperatorState operators;
  operators.disabled = services_of(object.at("disabled"));
  const json& drained = object.at("drained");
  if (drained.at("node").get<bool>()) operators.node_drained.emplace();
  operators.drained_services = services_of(drained.at("services"));
  for (const json& text : drained.at("vips")) {
    const auto vip = IpAddress::parse(text.get<std::string>());
    if (!vip) throw std::out_of_range(vip.error().what);
    operators.drained_vips[*vip] = {};
  }
  // Agents up to 0.1 did not write it.
  const auto instructions = object.find("instructions");
  if (instructions != object.end()) {
    for (auto& one : decode_instructions(*instructions)) add(operators, std::move(one));
  }
  const json& weights = object.at("weights");
  if (!weights.at("node").is_null()) operators.node_weight = weight_of(weights.at("node"));
  for (const auto& [service, weight] : weights.at("services").items()) {
    operators.service_weights[service] = weight_of(weight);
  }
  return operators;
}

}  // namespace

std::string encode_operators(const model::OperatorState& operators) {
  const auto names_of = [](const auto& services) {
    json names = json::array();
    for (const auto& [name, said] : services) names.push_back(name);
    return names;
  };
  json vips = json::array();
  for (const auto& [vip, said] : operators.drained_vips) vips.push_back(vip.to_string());
  json instructions = json::array();
  for (const auto& one : model::instructions_of(operators)) {
    instructions.push_back(encode_instruction(one));
  }
  json weights = json::object();
  for (const auto& [service, weight] : operators.service_weights) weights[service] = weight;
  const json node = operators.node_weight ? json(*operators.node_weight) : json();
  const json all{{"disabled", names_of(operators.disabled)},
                 {"drained",
                  {{"node", operators.node_drained.has_value()},
                   {"services", names_of(operators.drained_services)},
                   {"vips", std::move(vips)}}},
                 {"instructions", std::move(instructions)},
                 {"weights", {{"node", node}, {"services", std::move(weights)}}}};
  return all.dump(1, ' ', true, json::error_handler_t::replace) + "\n";
}

Result<model::OperatorState> decode_operators(std::string_view text) {
  try {
    return read(json::parse(text));
  } catch (const std::exception& error) {
    return fail(std::string("not what an agent wrote down: ") + error.what());
  }
}

}  // namespace vipherd::wire
