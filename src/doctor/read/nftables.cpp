#include "doctor/read/nftables.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>

namespace vipherd::doctor {
namespace {

using Json = nlohmann::json;

/// Family, table and chain.
using ChainName = std::tuple<std::string, std::string, std::string>;

std::string text_in(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

ChainName chain_of(const Json& object, const char* key) {
  return {text_in(object, "family"), text_in(object, "table"), text_in(object, key)};
}

bool names_port(const Json& json, std::uint16_t port) {
  if (json.is_number_integer()) return json.get<std::int64_t>() == port;
  if (!json.is_structured()) return false;
  if (json.is_object()) {
    const auto range = json.find("range");
    if (range != json.end() && range->is_array() && range->size() == 2 &&
        (*range)[0].is_number_integer() && (*range)[1].is_number_integer()) {
      return (*range)[0].get<std::int64_t>() <= port && port <= (*range)[1].get<std::int64_t>();
    }
  }
  return std::ranges::any_of(json, [&](const Json& part) { return names_port(part, port); });
}

/// A rule without a condition that ends what comes.
bool drops_the_rest(const Json& rule) {
  const auto parts = rule.find("expr");
  if (parts == rule.end() || !parts->is_array()) return false;
  bool drops = false;
  for (const Json& part : *parts) {
    if (part.contains("match") || part.contains("limit")) return false;
    drops = drops || part.contains("drop") || part.contains("reject");
  }
  return drops;
}

bool is_of_ip(const std::string& family) {
  return family == "inet" || family == "ip" || family == "ip6";
}

}  // namespace

Result<std::optional<std::string>> closed_to_port(std::string_view text, std::uint16_t port) {
  const Json json = Json::parse(text, nullptr, false);
  const auto list = json.is_object() ? json.find("nftables") : json.end();
  if (list == json.end() || !list->is_array()) return fail("nft prints no ruleset as JSON");
  std::map<ChainName, bool> drops;  // of chains at the hook
  for (const Json& each : *list) {
    if (!each.is_object()) continue;
    if (const auto chain = each.find("chain"); chain != each.end()) {
      if (text_in(*chain, "hook") == "input" && is_of_ip(text_in(*chain, "family"))) {
        drops[chain_of(*chain, "name")] = text_in(*chain, "policy") == "drop";
      }
      continue;
    }
    if (const auto rule = each.find("rule"); rule != each.end()) {
      const auto at_hook = drops.find(chain_of(*rule, "chain"));
      if (at_hook != drops.end() && drops_the_rest(*rule)) at_hook->second = true;
      const auto parts = rule->find("expr");
      if (parts != rule->end() && names_port(*parts, port)) return std::optional<std::string>();
    }
    for (const char* kind : {"set", "map"}) {
      const auto set = each.find(kind);
      if (set == each.end()) continue;
      const auto elements = set->find("elem");
      if (elements != set->end() && names_port(*elements, port))
        return std::optional<std::string>();
    }
  }
  for (const auto& [name, closed] : drops) {
    const auto& [family, table, chain] = name;
    if (closed) {
      std::string where = "chain ";
      where.append(chain).append(" of table ").append(family).append(" ").append(table);
      return std::optional(std::move(where));
    }
  }
  return std::optional<std::string>();
}

}  // namespace vipherd::doctor
