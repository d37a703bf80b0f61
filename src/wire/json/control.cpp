#include "vipherd/wire/json/control.hpp"

#include <nlohmann/json.hpp>
#include <optional>

#include "wire/json/scope.hpp"

namespace vipherd::wire {
namespace {

using nlohmann::json;

std::optional<std::vector<std::string>> strings(const json& object, const char* key) {
  const auto list = object.find(key);
  if (list == object.end() || !list->is_array()) return std::nullopt;
  std::vector<std::string> texts;
  for (const json& text : *list) {
    if (!text.is_string()) return std::nullopt;
    texts.push_back(text.get<std::string>());
  }
  return texts;
}

Persisted persisted(const json& object) {
  const auto found = object.find("persisted");
  if (found == object.end()) return Persisted::not_asked;
  if (!found->is_boolean()) return Persisted::unknown;
  return found->get<bool>() ? Persisted::yes : Persisted::no;
}

std::optional<Reached> reached_of(const json& object) {
  if (!object.is_object()) return std::nullopt;
  Reached reached;
  const auto named = object.find("scope");
  auto scope = named == object.end() ? std::nullopt : decode_scope(*named);
  auto services = strings(object, "services");
  auto vips = strings(object, "vips");
  const auto command = object.find("command");
  if (!scope || !services || !vips || command == object.end() || !command->is_string()) {
    return std::nullopt;
  }
  reached.command = command->get<std::string>();
  reached.scope = std::move(*scope);
  reached.services = std::move(*services);
  reached.vips = std::move(*vips);
  reached.persisted = persisted(object);
  const auto warning = object.find("warning");
  if (warning != object.end() && warning->is_string()) reached.warning = *warning;
  const auto percent = object.find("percent");
  if (percent == object.end()) return reached;
  if (!percent->is_number_unsigned() || percent->get<std::uint64_t>() > 100) return std::nullopt;
  reached.percent = percent->get<std::uint32_t>();
  return reached;
}

}  // namespace

std::string encode_reached(const Reached& reached) {
  json answer{{"command", reached.command},
              {"scope", encode_scope(reached.scope)},
              {"services", reached.services},
              {"vips", reached.vips}};
  if (reached.percent) answer["percent"] = *reached.percent;
  switch (reached.persisted) {
    case Persisted::not_asked:
      break;
    case Persisted::yes:
    case Persisted::no:
      answer["persisted"] = reached.persisted == Persisted::yes;
      break;
    case Persisted::unknown:
      answer["persisted"] = nullptr;
  }
  if (!reached.warning.empty()) answer["warning"] = reached.warning;
  return answer.dump(-1, ' ', true, json::error_handler_t::replace) + "\n";
}

Result<Reached> decode_reached(std::string_view text) {
  auto reached = reached_of(json::parse(text, nullptr, false));
  if (reached) return std::move(*reached);
  return fail(
      "expected {\"command\": ..., \"scope\": ..., \"services\": [...], \"vips\": [...]}, got " +
      std::string(text.substr(0, 80)));
}

std::string encode_reload(const std::vector<std::string>& errors) {
  json answer{{"reloaded", errors.empty()}};
  if (!errors.empty()) {
    answer["error"] = "nothing was changed, the configuration from before is in force";
    answer["faults"] = errors;
  }
  return answer.dump(-1, ' ', true, json::error_handler_t::replace) + "\n";
}

std::vector<std::string> decode_errors(std::string_view text) {
  const json parsed = json::parse(text, nullptr, false);
  if (!parsed.is_object()) return {};
  return strings(parsed, "faults").value_or(std::vector<std::string>{});
}

std::string decode_error(std::string_view text) {
  const json parsed = json::parse(text, nullptr, false);
  if (!parsed.is_object()) return "";
  const auto found = parsed.find("error");
  return found != parsed.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace vipherd::wire
