#include "config/effective_writer.hpp"
#include "vipherd/base/join.hpp"

namespace vipherd::config {
namespace {

std::string number(std::uint32_t value) { return toml_value(std::int64_t{value}); }
std::string word(std::string_view text) { return toml_value(text); }

std::string needs_of(const model::Needs& needs) {
  switch (needs.mode) {
    case model::Needs::Mode::all:
      return word("all");
    case model::Needs::Mode::any:
      return word("any");
    case model::Needs::Mode::count:
      return number(needs.count);
  }
  return "";
}

std::string_view word_of(model::Weighting weighting) {
  switch (weighting) {
    case model::Weighting::none:
      return "none";
    case model::Weighting::bandwidth:
      return "bandwidth";
    case model::Weighting::metric:
      return "metric";
  }
  return "";
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// What only the announcer vty takes.
Pairs pairs_of(const model::RoutePolicy& policy) {
  Pairs pairs;
  if (policy.med) pairs.emplace_back("med", number(*policy.med));
  pairs.emplace_back("communities", toml_array_of_texts(policy.communities));
  pairs.emplace_back("large_communities", toml_array_of_texts(policy.large_communities));
  pairs.emplace_back("prepend", number(policy.prepend));
  return pairs;
}

std::string inline_table(const Pairs& pairs) {
  const auto text_of = [](const auto& pair) { return pair.first + " = " + pair.second; };
  return "{ " + join(pairs, ", ", text_of) + " }";
}

std::string vips_of(const model::ServiceConfig& service, model::Announcer announcer) {
  std::vector<std::string> vips;
  for (const IpAddress& vip : service.vips) {
    const std::string address = word(vip.to_string());
    const auto own = service.own_routes.find(vip);
    if (own == service.own_routes.end()) {
      vips.push_back(address);
      continue;
    }
    Pairs pairs{{"address", address},
                {"tag", number(own->second.tag)},
                {"metric", number(own->second.metric)}};
    if (announcer == model::Announcer::vty) {
      pairs.emplace_back("announce", inline_table(pairs_of(own->second.announce)));
    }
    vips.push_back(inline_table(pairs));
  }
  return toml_array(vips);
}

void write_drain(EffectiveWriter& writer, const model::ServiceConfig& service,
                 model::Announcer announcer) {
  writer.begin({"services", service.name, "drain"});
  writer.add("hold", toml_value(service.drain.hold));
  writer.add("timeout", toml_value(service.drain.timeout));
  writer.add("tag", number(service.drain.route.tag));
  writer.add("metric", number(service.drain.route.metric));
  if (announcer != model::Announcer::vty) return;
  for (auto& [key, value] : pairs_of(service.drain.route.announce)) writer.add(key, value);
}

void write_damping(EffectiveWriter& writer, const model::ServiceConfig& service) {
  if (!service.damping) return;
  writer.begin({"services", service.name, "damping"});
  writer.add("half_life", toml_value(service.damping->half_life));
  writer.add("suppress", number(service.damping->suppress));
  writer.add("reuse", number(service.damping->reuse));
  writer.add("max_hold", toml_value(service.damping->max_hold));
}

void write_watch(EffectiveWriter& writer, const model::ServiceConfig& service) {
  writer.begin({"services", service.name, "watch"});
  if (!service.watch.unit.empty()) writer.add("unit", word(service.watch.unit));
  if (!service.watch.pid_file.empty()) writer.add("pid_file", word(service.watch.pid_file));
}

}  // namespace

void write_service(EffectiveWriter& writer, const model::ServiceConfig& service,
                   model::Announcer announcer) {
  writer.begin({"services", service.name});
  writer.add("enabled", toml_value(service.enabled));
  writer.add("vips", vips_of(service, announcer));
  writer.add("vrf", word(service.vrf.empty() ? "default" : service.vrf));
  writer.add("needs", needs_of(service.needs));
  writer.add("attach", word(service.attach == model::AttachPolicy::always ? "always" : "when-up"));
  // An address on lo carries neither.
  if (announcer != model::Announcer::connected) {
    writer.add("tag", number(service.route.tag));
    writer.add("metric", number(service.route.metric));
  }
  writer.add("weight", number(service.weight));
  writer.add("weighting", word(word_of(service.weighting)));
  writer.add("weigh_health", toml_value(service.weigh_health));
  writer.add("on_all_down",
             word(service.on_all_down == model::OnAllDown::hold ? "hold" : "withdraw"));
  writer.add("fail_open", toml_value(service.fail_open));
  if (announcer == model::Announcer::vty) {
    writer.begin({"services", service.name, "announce"});
    for (auto& [key, value] : pairs_of(service.route.announce)) writer.add(key, value);
  }
  write_drain(writer, service, announcer);
  writer.begin({"services", service.name, "guard"});
  writer.add("min_announcers", number(service.guard.min_announcers));
  write_damping(writer, service);
  write_watch(writer, service);
}

}  // namespace vipherd::config
