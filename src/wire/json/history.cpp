#include "vipherd/wire/json/history.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "wire/json/writer.hpp"

namespace vipherd::wire {
namespace {

using model::LogLevel;
using nlohmann::json;

constexpr std::array kLevels{LogLevel::debug, LogLevel::info, LogLevel::warning, LogLevel::error};

void write(JsonWriter& out, const model::HistoryEntry& entry) {
  out.open('{');
  if (entry.id != 0) out.key("id").number(entry.id);
  out.key("at").time(entry.at);
  const auto add = [&](const char* key, std::string_view value) {
    if (!value.empty()) out.key(key).text(value);
  };
  add("level", to_string(entry.level));
  add("kind", to_string(entry.kind));
  add("state", entry.state);
  add("service", entry.service);
  add("check", entry.check);
  if (entry.vip) add("vip", entry.vip->to_string());
  add("by", entry.by);
  out.key("text").text(entry.text).close('}');
}

std::string text_or_empty(const json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? "" : found->get<std::string>();
}

template <class T>
T expect(const std::optional<T>& value, const char* what) {
  if (!value) throw std::out_of_range(std::string("expected ") + what);
  return *value;
}

model::HistoryEntry entry_of(const json& object) {
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

std::string encode_entry(const model::HistoryEntry& entry) {
  JsonWriter out;
  write(out, entry);
  return out.take();
}

Result<model::HistoryEntry> decode_entry(std::string_view text) {
  try {
    return entry_of(json::parse(text));
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
    const json all = json::parse(text);
    for (const json& one : all.at("events")) entries.push_back(entry_of(one));
    return entries;
  } catch (const std::exception& error) {
    return fail(std::string("no events: ") + error.what());
  }
}

}  // namespace vipherd::wire
