#include "config/effective_writer.hpp"
#include "config/tables/checks.hpp"
#include "config/tables/service_tables.hpp"
#include "config/tables/services.hpp"
#include "vipherd/base/overloaded.hpp"

namespace vipherd::config {
namespace {

std::string setting_value(const model::SettingValue& value) {
  return std::visit(
      Overloaded{[]<class T>(const std::vector<T>& values) { return toml_array_of(values); },
                 [](const auto& one) { return toml_value(one); }},
      value);
}

}  // namespace

void write_service(EffectiveWriter& writer, const model::ServiceConfig& service,
                   model::Announcer announcer) {
  const KeyPath path{"services", service.name};
  const auto table = [&path](const char* name) {
    KeyPath inner = path;
    inner.emplace_back(name);
    return inner;
  };
  const model::AnnouncerTraits& traits = traits_of(announcer);
  writer.add_table(path, service_rows(), service,
                   traits.attachment_announces ? Keys{"tag", "metric"} : Keys{});
  if (traits.carries_policy)
    writer.add_table(table("announce"), announce_rows(), service.route.announce);
  writer.add_table(table("drain"), drain_rows(), service.drain,
                   traits.carries_policy ? Keys{} : keys_of(announce_rows()));
  writer.add_table(table("guard"), guard_rows(), service.guard);
  if (service.damping) writer.add_table(table("damping"), damping_rows(), *service.damping);
  writer.add_table(table("watch"), watch_rows(), service.watch);
}

void write_check(EffectiveWriter& writer, const model::ServiceConfig& service,
                 const model::CheckConfig& check) {
  writer.begin({"services", service.name, "checks", check.name});
  writer.add("type", toml_value(check.type));
  for (const auto& [key, value] : check.settings.given) writer.add(key, setting_value(value));
  // Kinds that connect to nothing do not take a VRF.
  writer.add_rows(check_rows(), check, writer.is_given("vrf") ? Keys{} : Keys{"vrf"});
  if (check.refused_decides) {
    writer.remark("fall", "and one refused connection is enough, unless fall is given");
  }
}

}  // namespace vipherd::config
