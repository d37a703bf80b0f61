#include "vipherd/wire/control_json.hpp"

#include <nlohmann/json.hpp>
#include <optional>

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

}  // namespace

std::string encode_reached(const Reached& reached) {
  json answer{{"services", reached.services}, {"vips", reached.vips}};
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
  return answer.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

Result<Reached> decode_reached(std::string_view text) {
  const json parsed = json::parse(text, nullptr, false);
  if (parsed.is_object()) {
    auto services = strings(parsed, "services");
    auto vips = strings(parsed, "vips");
    if (services && vips) {
      return Reached{std::move(*services), std::move(*vips), persisted(parsed),
                     parsed.value("warning", json()).is_string()
                         ? parsed["warning"].get<std::string>()
                         : ""};
    }
  }
  return fail("expected {\"services\": [...], \"vips\": [...]}, got " +
              std::string(text.substr(0, 80)));
}

std::string decode_error(std::string_view text) {
  const json parsed = json::parse(text, nullptr, false);
  if (!parsed.is_object()) return "";
  const auto found = parsed.find("error");
  return found != parsed.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace vipherd::wire
