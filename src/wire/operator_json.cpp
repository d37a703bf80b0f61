#include "vipherd/wire/operator_json.hpp"

#include <nlohmann/json.hpp>

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

model::OperatorState read(const json& object) {
  model::OperatorState operators;
  operators.disabled = object.at("disabled").get<decltype(operators.disabled)>();
  const json& drained = object.at("drained");
  operators.node_drained = drained.at("node").get<bool>();
  operators.drained_services = drained.at("services").get<decltype(operators.disabled)>();
  for (const json& text : drained.at("vips")) {
    const auto vip = IpAddress::parse(text.get<std::string>());
    if (!vip) throw std::out_of_range(vip.error().what);
    operators.drained_vips.insert(*vip);
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
  json vips = json::array();
  for (const IpAddress& vip : operators.drained_vips) vips.push_back(vip.to_string());
  json weights = json::object();
  for (const auto& [service, weight] : operators.service_weights) weights[service] = weight;
  const json node = operators.node_weight ? json(*operators.node_weight) : json();
  const json all{{"disabled", operators.disabled},
                 {"drained",
                  {{"node", operators.node_drained},
                   {"services", operators.drained_services},
                   {"vips", std::move(vips)}}},
                 {"weights", {{"node", node}, {"services", std::move(weights)}}}};
  return all.dump(1) + "\n";
}

Result<model::OperatorState> decode_operators(std::string_view text) {
  try {
    return read(json::parse(text));
  } catch (const std::exception& error) {
    return fail(std::string("not what an agent wrote down: ") + error.what());
  }
}

}  // namespace vipherd::wire
