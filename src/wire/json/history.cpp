#include "vipherd/wire/json/history.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace vipherd::wire {
namespace {

// Keeps the order in which it is written: people read these lines, too.
using Json = nlohmann::ordered_json;
using model::LogLevel;

constexpr std::array kLevels{LogLevel::debug, LogLevel::info, LogLevel::warning, LogLevel::error};

Json to_json(const model::HistoryEntry& entry) {
  Json all;
  if (entry.id != 0) all["id"] = entry.id;
  all["at"] = format_wall_time(entry.at);
  all["level"] = to_string(entry.level);
  all["kind"] = to_string(entry.kind);
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty()) all[key] = value;
  };
  add("state", entry.state);
  add("service", entry.service);
  add("check", entry.check);
  if (entry.vip) all["vip"] = entry.vip->to_string();
  add("by", entry.by);
  all["text"] = entry.text;
  return all;
}

std::string to_text(const Json& tree) {
  return tree.dump(-1, ' ', true, Json::error_handler_t::replace);
}

std::string text_or_empty(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? "" : found->get<std::string>();
}

template <class T>
T expect(const std::optional<T>& value, const char* what) {
  if (!value) throw std::out_of_range(std::string("expected ") + what);
  return *value;
}

model::HistoryEntry entry_of(const Json& object) {
  model::HistoryEntry entry;
  if (!object.at("id").is_number_unsigned()) throw std::out_of_range("expected an id");
  entry.id = object.at("id").get<std::uint64_t>();
  entry.at = expect(parse_wall_time(object.at("at").get<std::string>()), "a time");
  const auto level = object.at("level").get<std::string>();
  const auto known =
      std::ranges::find_if(kLevels, [&](LogLevel one) { return to_string(one) == level; });
  if (known == kLevels.end()) throw std::out_of_range("expected a level");
  entry.level = *known;
  // A later agent may know more kinds.
  entry.kind = model::kind_of_change(object.at("kind").get<std::string>())
                   .value_or(model::StateChange::Kind::remark);
  entry.state = text_or_empty(object, "state");
  entry.service = text_or_empty(object, "service");
  entry.check = text_or_empty(object, "check");
  if (const std::string vip = text_or_empty(object, "vip"); !vip.empty()) {
    const auto address = IpAddress::parse(vip);
    if (!address) throw std::out_of_range(address.error().what);
    entry.vip = *address;
  }
  entry.by = text_or_empty(object, "by");
  entry.text = object.at("text").get<std::string>();
  return entry;
}

}  // namespace

std::string encode_entry(const model::HistoryEntry& entry) { return to_text(to_json(entry)); }

Result<model::HistoryEntry> decode_entry(std::string_view text) {
  try {
    return entry_of(Json::parse(text));
  } catch (const std::exception& error) {
    return fail(std::string("not an event: ") + error.what());
  }
}

std::string encode_history(std::span<const model::HistoryEntry> entries) {
  std::string text = "{\"events\":[";
  for (const model::HistoryEntry& entry : entries) {
    if (text.back() != '[') text += ",\n";
    text += encode_entry(entry);
  }
  return text + "]}\n";
}

Result<std::vector<model::HistoryEntry>> decode_history(std::string_view text) {
  try {
    std::vector<model::HistoryEntry> entries;
    const Json all = Json::parse(text);
    for (const Json& one : all.at("events")) entries.push_back(entry_of(one));
    return entries;
  } catch (const std::exception& error) {
    return fail(std::string("no events: ") + error.what());
  }
}

}  // namespace vipherd::wire
