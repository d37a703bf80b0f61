#include "doctor/read/nftables.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

namespace vipherd::doctor {
namespace {

using Json = nlohmann::json;

/// Family and name.
using TableName = std::pair<std::string, std::string>;
/// At the hook.
struct Chain {
  bool drops = false;    ///< what no rule ends
  bool accepts = false;  ///< a rule without a condition ends it
};

/// Null if there is none.
const Json& part(const Json& object, const char* key) {
  static const Json kNothing;
  if (!object.is_object()) return kNothing;
  const auto found = object.find(key);
  return found == object.end() ? kNothing : *found;
}

std::string text_in(const Json& object, const char* key) {
  const Json& found = part(object, key);
  return found.is_string() ? found.get<std::string>() : "";
}

TableName table_of(const Json& object) {
  return {text_in(object, "family"), text_in(object, "table")};
}

bool concerns(const std::string& table_family, Family family) {
  return table_family == "inet" || table_family == (family == Family::ipv4 ? "ip" : "ip6");
}

/// A number by itself, in a list, a set, a concatenation, a range, or as an element's value.
bool names_port(const Json& json, std::uint16_t port) {
  if (json.is_number_integer()) return json.get<std::int64_t>() == port;
  if (json.is_array()) {
    return std::ranges::any_of(json, [&](const Json& each) { return names_port(each, port); });
  }
  if (!json.is_object()) return false;
  const Json& range = part(json, "range");
  if (range.is_array() && range.size() == 2 && range[0].is_number_integer() &&
      range[1].is_number_integer()) {
    return range[0].get<std::int64_t>() <= port && port <= range[1].get<std::int64_t>();
  }
  for (const char* key : {"set", "concat"}) {
    if (names_port(part(json, key), port)) return true;
  }
  return names_port(part(part(json, "elem"), "val"), port);
}

bool is_of_tcp(const Json& left) { return text_in(part(left, "payload"), "protocol") == "tcp"; }

/// `match` with an operator: a port may be meant by what it is not.
bool match_names_port(const Json& match, std::uint16_t port) {
  const Json& left = part(match, "left");
  if (is_of_tcp(left) || !part(left, "meta").is_null()) return false;  // "meta": a mark, say
  const Json& right = part(match, "right");
  const std::string compares = text_in(match, "op");
  if (right.is_number_integer() && compares != "==" && !compares.empty() && compares != "in") {
    const auto bound = right.get<std::int64_t>();
    if (compares == ">") return port > bound;
    if (compares == ">=") return port >= bound;
    if (compares == "<") return port < bound;
    if (compares == "<=") return port <= bound;
    return port != bound;
  }
  return names_port(right, port);
}

bool rule_names_port(const Json& parts, std::uint16_t port) {
  return std::ranges::any_of(parts, [&](const Json& each) {
    const Json& map = part(each, "vmap");
    const bool by_map = !is_of_tcp(part(map, "key")) && names_port(part(map, "data"), port);
    return by_map || match_names_port(part(each, "match"), port);
  });
}

/// nft shows what it has no JSON for as text, and what iptables wrote by its extension's name.
bool is_hidden(const Json& parts) {
  return std::ranges::any_of(
      parts, [](const Json& each) { return !each.is_object() || each.contains("xt"); });
}

/// What a rule without a condition does with all that reaches it.
void end_chain(Chain& chain, const Json& parts) {
  bool drops = false, accepts = false;
  for (const Json& each : parts) {
    if (each.contains("drop") || each.contains("reject")) {
      drops = true;
    } else if (each.contains("accept")) {
      accepts = true;
    } else if (!each.contains("counter") && !each.contains("log")) {
      return;
    }
  }
  if (chain.accepts) return;
  chain.drops = chain.drops || drops;
  chain.accepts = accepts && !drops;
}

}  // namespace

Result<std::optional<std::string>> closed_to_port(std::string_view text, Family family,
                                                  std::uint16_t port) {
  const Json json = Json::parse(text, nullptr, false);
  const Json& list = part(json, "nftables");
  if (!list.is_array()) return fail("nft prints no ruleset as JSON");
  std::map<std::pair<TableName, std::string>, Chain> chains;
  std::set<TableName> tables;  // that have one of these
  for (const Json& each : list) {
    const Json& chain = part(each, "chain");
    if (text_in(chain, "hook") != "input") continue;
    if (!concerns(text_in(chain, "family"), family)) continue;
    tables.insert(table_of(chain));
    chains[{table_of(chain), text_in(chain, "name")}].drops = text_in(chain, "policy") == "drop";
  }
  std::set<TableName> open;  // that name the port
  for (const Json& each : list) {
    const Json& rule = part(each, "rule");
    const Json& parts = part(rule, "expr");
    if (parts.is_array() && tables.contains(table_of(rule))) {
      if (is_hidden(parts)) return fail("nft does not show all rules: those of iptables, say");
      if (rule_names_port(parts, port)) open.insert(table_of(rule));
      const auto chain = chains.find({table_of(rule), text_in(rule, "chain")});
      if (chain != chains.end()) end_chain(chain->second, parts);
    }
    for (const char* kind : {"set", "map"}) {
      const Json& set = part(each, kind);
      if (names_port(part(set, "elem"), port)) open.insert(table_of(set));
    }
  }
  for (const auto& [name, chain] : chains) {
    if (!chain.drops || chain.accepts || open.contains(name.first)) continue;
    const auto& [table_family, table] = name.first;
    std::string where = "chain ";
    where.append(name.second).append(" of table ").append(table_family).append(" ").append(table);
    return std::optional(std::move(where));
  }
  return std::optional<std::string>();
}

}  // namespace vipherd::doctor
