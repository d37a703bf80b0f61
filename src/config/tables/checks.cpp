#include "config/tables/checks.hpp"

#include <algorithm>

#include "vipherd/base/numbers.hpp"

namespace vipherd::config {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLongestSetting = 366 * 24h;
constexpr std::uint32_t kWidestWindow = 64;

/// The kind named by `type`, or null with an error.
const model::CheckSchema* read_schema(const Table& table,
                                      std::span<const model::CheckSchema> schemas) {
  std::vector<std::string_view> types;
  for (const model::CheckSchema& schema : schemas) types.push_back(schema.type);
  const Value* type = table.find("type");
  if (type == nullptr) {
    table.error("has no type, expected type = " + one_of(types));
    return nullptr;
  }
  const auto index = read_word(*type, types);
  return index ? &schemas[*index] : nullptr;
}

template <class T>
std::optional<model::SettingValue> as_setting(std::optional<T> value) {
  return value ? std::optional<model::SettingValue>(std::move(*value)) : std::nullopt;
}

/// An array all of whose elements `element` accepts.
template <class T, class Element>
std::optional<model::SettingValue> read_array(const Value& value, const std::string& expected,
                                              Element element) {
  return as_setting(array_of(Type<T>{"", element, {}}, "", expected).read(value));
}

/// What is handed on as a C string would end at a NUL, and mean something else than it says.
std::optional<std::string> read_text(const Value& value, const std::string& expected) {
  auto text = value.text(expected);
  if (!text || text->find('\0') == std::string::npos) return text;
  value.expected(expected + " without NUL");
  return std::nullopt;
}

constexpr const char* kWords = "an array of strings and integers";

std::optional<std::string> read_word_or_number(const Value& value) {
  if (const auto* number = value.node().as_integer()) return std::to_string(number->get());
  return read_text(value, "a string or an integer");
}

std::optional<model::SettingValue> read_setting(const Value& value, model::SettingType type) {
  switch (type) {
    case model::SettingType::boolean:
      return as_setting(value.boolean());
    case model::SettingType::integer:
      return as_setting(value.integer());
    case model::SettingType::text:
      return as_setting(read_text(value, "a string"));
    case model::SettingType::bytes:
      return as_setting(value.text());
    case model::SettingType::duration:
      return as_setting(duration(0s, kLongestSetting).read(value));
    case model::SettingType::integers:
      return read_array<std::int64_t>(value, "an array of integers",
                                      [](const Value& one) { return one.integer(); });
    case model::SettingType::texts:
      return read_array<std::string>(value, "an array of strings",
                                     [](const Value& one) { return read_text(one, "a string"); });
    case model::SettingType::words:
      return read_array<std::string>(value, kWords, read_word_or_number);
  }
  return std::nullopt;
}

/// What the schema asks for, into `given`; false if something is missing or of another type.
bool read_given(const Table& table, const model::CheckSchema& schema, model::Settings& given) {
  bool sound = true;
  for (const model::SettingSpec& spec : schema.settings) {
    const Value* value = table.find(spec.name);
    if (value == nullptr) {
      if (!spec.required) continue;
      table.error("has no " + std::string(spec.name) + ", which a check of type \"" +
                  std::string(schema.type) + "\" needs: " + std::string(spec.doc));
      sound = false;
    } else if (auto setting = read_setting(*value, spec.type)) {
      given.emplace(spec.name, std::move(*setting));
    } else {
      sound = false;
    }
  }
  return sound;
}

/// Lets the kind prepare what was given.
model::Preparation prepare(const model::CheckSchema& schema, model::CheckSettings& settings) {
  model::Preparation made = schema.prepare(settings.given);
  if (!made.errors.empty()) return made;
  settings.prepared = made.prepared;
  settings.target = made.target;
  return made;
}

/// Without all of the settings, or with some that cannot be read, what the kind says is not told.
model::Preparation read_settings(const Table& table, const model::CheckSchema& schema,
                                 model::CheckSettings& settings) {
  const bool sound = read_given(table, schema, settings.given);
  model::Preparation made = prepare(schema, settings);
  if (!sound) return made;
  for (const model::SettingError& error : made.errors) {
    const Value* value = table.find(error.key);
    if (value != nullptr) {
      value->error(error.message);
    } else {
      table.error(error.key + ": " + error.message);
    }
  }
  return made;
}

void allow_keys(const Table& table, const model::CheckSchema& schema) {
  std::vector<std::string_view> allowed = keys_of(check_rows());
  for (const model::SettingSpec& spec : schema.settings) allowed.push_back(spec.name);
  table.allow(allowed);
}

/// What is not given follows from the interval, and nothing that is may be longer.
void complete_intervals(const Table& table, const Given& given, model::CheckConfig& check) {
  if (!given.contains("fast_interval")) {
    check.fast_interval = std::min(check.interval, std::max(check.interval / 4, kShortestInterval));
  }
  if (!given.contains("down_interval")) check.down_interval = check.interval;
  if (table.find("interval") != nullptr && !given.contains("interval")) return;
  const auto at_most_the_interval = [&](std::string_view key, Duration value) {
    if (value <= check.interval) return;
    table.find(key)->error("expected at most the interval (" + format_duration(check.interval) +
                           "), got " + format_duration(value));
  };
  at_most_the_interval("fast_interval", check.fast_interval);
  at_most_the_interval("jitter", check.jitter);
}

struct Fall {
  std::uint32_t fails = 0;
  std::uint32_t window = 0;
};

/// 3, or "3 of 5".
std::optional<Fall> parse_fall(const Value& value) {
  if (value.node().is_integer()) {
    const auto fails = integer(1, kLongestStreak).read(value);
    return fails ? std::optional(Fall{*fails, 0}) : std::nullopt;
  }
  const std::string expected = "a number of failures in a row, or a text such as \"3 of 5\"";
  const auto text = value.text(expected);
  if (!text) return std::nullopt;
  constexpr std::string_view kOf = " of ";
  const std::size_t of = std::min(text->find(kOf), text->size());
  const auto fails = parse_number<std::uint32_t>(std::string_view(*text).substr(0, of));
  const auto window =
      of < text->size()
          ? parse_number<std::uint32_t>(std::string_view(*text).substr(of + kOf.size()))
          : std::nullopt;
  if (!fails || !window) {
    value.expected(expected);
    return std::nullopt;
  }
  if (*fails < 1 || *window > kWidestWindow || *fails > *window) {
    value.error("expected 1 to 64 failures of as many results or more, up to 64, got \"" + *text +
                "\"");
    return std::nullopt;
  }
  return Fall{*fails, *fails == *window ? 0 : *window};
}

void read_fall(const Table& table, model::CheckConfig& check) {
  const Value* value = table.find("fall");
  const auto fall = value != nullptr ? parse_fall(*value) : std::nullopt;
  if (!fall) return;
  check.fall = fall->fails;
  check.fall_window = fall->window;
  check.refused_decides = false;
}

/// A check's kind, if it is known, and what that has made of the settings: of each that a probe is
/// made of.
struct Kind {
  const model::CheckSchema* schema = nullptr;
  std::vector<model::Preparation> made{};
  bool is_valid() const {
    return schema != nullptr &&
           std::ranges::all_of(made, [](const auto& each) { return each.errors.empty(); });
  }
};

/// via_vip: the same probe for each VIP of the service.
void read_vip_targets(const Table& table, std::span<const IpAddress> vips, Kind& kind,
                      model::CheckConfig& check) {
  if (!check.via_vip || kind.schema == nullptr) return;
  if (!kind.schema->retarget) {
    table.find("via_vip")->error("a check of type \"" + check.type + "\" connects to nothing");
    return;
  }
  if (!kind.is_valid()) return;
  std::vector<model::Preparation> of_vips;
  for (const IpAddress& vip : vips) {
    model::CheckSettings aimed{kind.schema->retarget(check.settings.given, vip)};
    model::Preparation made = prepare(*kind.schema, aimed);
    if (!made.errors.empty() || !made.target || made.target->address != vip) {
      table.find("via_vip")->error("expected a check that connects to an address and port");
      check.vip_targets.clear();
      return;
    }
    of_vips.push_back(std::move(made));
    check.vip_targets.push_back(std::move(aimed));
  }
  if (!of_vips.empty()) kind.made = std::move(of_vips);
}

/// Those that it connects to.
std::vector<IpAddress> needed_of(std::span<const IpAddress> vips, const model::CheckConfig& check) {
  if (!check.vip_targets.empty()) return {vips.begin(), vips.end()};
  if (!check.settings.target) return {};
  const IpAddress address = check.settings.target->address.unmapped();
  if (std::ranges::find(vips, address) == vips.end()) return {};
  return {address};
}

void read_watch_connection(const Table& table, const Kind& kind, model::CheckConfig& check) {
  if (!check.watch_connection || !kind.is_valid()) return;
  for (const model::Preparation& made : kind.made) {
    if (made.target) {
      check.watch_connections.push_back({made.target->to_string(), made.greeting, check.vrf});
    }
  }
  if (!check.watch_connections.empty()) return;
  table.find("watch_connection")
      ->error("expected a check that connects to a numeric address and TCP port");
}

}  // namespace

const model::CheckSchema* find_schema(std::string_view type,
                                      std::span<const model::CheckSchema> schemas) {
  const auto found = std::ranges::find(schemas, type, &model::CheckSchema::type);
  return found == schemas.end() ? nullptr : &*found;
}

model::CheckConfig read_check(std::string name, Table& table, const model::ServiceConfig& service,
                              std::span<const model::CheckSchema> schemas) {
  model::CheckConfig check;
  check.name = std::move(name);
  check.vrf = service.vrf;
  // Unless the kind is known, nothing can be said of further keys.
  Kind kind{read_schema(table, schemas)};
  if (kind.schema != nullptr) {
    allow_keys(table, *kind.schema);
    check.type = kind.schema->type;
    kind.made.push_back(read_settings(table, *kind.schema, check.settings));
  }
  const Given given = read_rows(table, check_rows(), check);
  complete_intervals(table, given, check);
  read_fall(table, check);
  if (check.advisory && !given.contains("weight")) check.weight = 0;
  if (given.contains("vrf") && kind.schema != nullptr && !kind.schema->retarget) {
    table.find("vrf")->error("a check of type \"" + check.type + "\" connects to nothing");
  }
  read_vip_targets(table, service.vips, kind, check);
  read_watch_connection(table, kind, check);
  check.needed_vips = needed_of(service.vips, check);
  return check;
}

}  // namespace vipherd::config
