#include "config/effective_writer.hpp"
#include "vipherd/base/overloaded.hpp"

namespace vipherd::config {
namespace {

std::string count_of(std::uint32_t value) { return toml_value(std::int64_t{value}); }

std::string setting_value(const model::SettingValue& value) {
  return std::visit(
      vipherd::Overloaded{
          [](const std::string& text) { return toml_value(std::string_view(text)); },
          [](const std::vector<std::string>& texts) { return toml_array_of_texts(texts); },
          [](const std::vector<std::int64_t>& numbers) {
            std::vector<std::string> values;
            for (const std::int64_t each : numbers) values.push_back(toml_value(each));
            return toml_array(values);
          },
          [](const auto& plain) { return toml_value(plain); }},
      value);
}

void write_streaks(EffectiveWriter& writer, const model::CheckConfig& check) {
  writer.add("rise", count_of(check.rise));
  if (check.refused_decides) {
    writer.add("fall", count_of(check.fall),
               "and one refused connection is enough, unless fall is given");
  } else if (check.fall_window > 0) {
    const std::string text =
        std::to_string(check.fall) + " of " + std::to_string(check.fall_window);
    writer.add("fall", toml_value(std::string_view(text)));
  } else {
    writer.add("fall", count_of(check.fall));
  }
}

}  // namespace

void write_check(EffectiveWriter& writer, const model::ServiceConfig& service,
                 const model::CheckConfig& check) {
  writer.begin({"services", service.name, "checks", check.name});
  writer.add("type", toml_value(std::string_view(check.type)));
  for (const auto& [key, value] : check.settings.given) writer.add(key, setting_value(value));
  writer.add("interval", toml_value(check.interval));
  writer.add("fast_interval", toml_value(check.fast_interval));
  writer.add("down_interval", toml_value(check.down_interval));
  writer.add("jitter", toml_value(check.jitter));
  writer.add("timeout", toml_value(check.timeout));
  write_streaks(writer, check);
  writer.add("advisory", toml_value(check.advisory));
  writer.add("weight", count_of(check.weight));
  writer.add("via_vip", toml_value(!check.aims.empty()));
  // Kinds that connect to nothing do not take it.
  writer.add_if_given("vrf",
                      toml_value(std::string_view(check.vrf.empty() ? "default" : check.vrf)));
  writer.add("watch_connection", toml_value(!check.watch_connections.empty()));
}

}  // namespace vipherd::config
