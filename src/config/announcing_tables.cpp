#include "config/announcing_tables.hpp"

#include <algorithm>
#include <limits>
#include <span>

#include "config/keys.hpp"
#include "config/readers.hpp"
#include "vipherd/base/numbers.hpp"

namespace vipherd::config {
namespace {

using namespace std::chrono_literals;

/// The tag that FRR's route-map takes for drained VIPs unless configured otherwise.
constexpr std::uint32_t kDrainTag = 200;
constexpr std::uint32_t kGreatest = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint32_t kMostPrepends = 16;
constexpr std::uint32_t kWeightTags = 10;

std::optional<std::uint32_t> read_tag(const Value& value) {
  const auto tag = integer_between<std::uint32_t>(1, kGreatest)(value);
  if (!tag || *tag != kDrainTag) return tag;
  value.fault("the tag 200 is reserved for draining, expected another one");
  return std::nullopt;
}

/// Whether the text is `parts` numbers of at most `most` between colons: "65001:100".
bool is_numbers(std::string_view text, std::size_t parts, std::uint64_t most) {
  for (std::size_t part = 1; part < parts; ++part) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return false;
    const auto number = parse_number<std::uint64_t>(text.substr(0, colon));
    if (!number || *number > most) return false;
    text.remove_prefix(colon + 1);
  }
  const auto last = parse_number<std::uint64_t>(text);
  return last && *last <= most;
}

bool is_community(std::string_view text) {
  constexpr std::array<std::string_view, 5> kKnown{"graceful-shutdown", "no-export", "no-advertise",
                                                   "local-AS", "blackhole"};
  return std::ranges::find(kKnown, text) != kKnown.end() || is_numbers(text, 2, 65535);
}

bool is_large_community(std::string_view text) { return is_numbers(text, 3, kGreatest); }

auto list_of(bool (*is_one)(std::string_view), const std::string& expected) {
  return [is_one, expected](const Value& value) -> std::optional<std::vector<std::string>> {
    const auto elements = value.elements("an array of " + expected);
    if (!elements) return std::nullopt;
    std::vector<std::string> texts;
    for (const Value& element : *elements) {
      const auto text = element.text(expected);
      if (!text) return std::nullopt;
      if (!is_one(*text)) {
        element.expected(expected);
        return std::nullopt;
      }
      texts.push_back(*text);
    }
    return texts;
  };
}

void read_policy(const Table& table, model::RoutePolicy& policy) {
  std::uint32_t med = 0;
  if (table.read("med", med, integer_between<std::uint32_t>(0, kGreatest))) policy.med = med;
  table.read("communities", policy.communities,
             list_of(is_community, "communities such as \"65001:100\" or \"no-export\""));
  table.read("large_communities", policy.large_communities,
             list_of(is_large_community, "large communities such as \"65001:1:2\""));
  table.read("prepend", policy.prepend, integer_between<std::uint32_t>(0, kMostPrepends));
}

/// With zapi a route has a tag and a metric, and FRR's route-map says what they mean.
void judge_policy_keys(const Table& table, model::Announcer announcer) {
  if (announcer == model::Announcer::vty) return;
  for (const std::string_view key : keys::kAnnounce) {
    const Value* value = table.find(key);
    if (value == nullptr) continue;
    value->fault("is for the announcer \"vty\"; with \"" + std::string(to_string(announcer)) +
                 "\" the route-map in FRR's configuration sets it, by the route's tag");
  }
}

std::optional<Table> subtable(const Table& parent, Faults& faults, std::string_view key,
                              std::span<const std::string_view> allowed) {
  const Value* value = parent.find(key);
  if (value == nullptr) return std::nullopt;
  Table table(faults, *value);
  if (!value->node().is_table()) return std::nullopt;
  table.allow({allowed.begin(), allowed.end()});
  return table;
}

std::optional<model::Weighting> read_weighting(const Value& value) {
  static constexpr Words<model::Weighting, 3> kWays{{{"none", model::Weighting::none},
                                                     {"bandwidth", model::Weighting::bandwidth},
                                                     {"metric", model::Weighting::metric}}};
  return read_one_of(value, kWays);
}

std::optional<model::OnAllDown> read_on_all_down(const Value& value) {
  static constexpr Words<model::OnAllDown, 2> kWords{
      {{"withdraw", model::OnAllDown::withdraw}, {"hold", model::OnAllDown::hold}}};
  return read_one_of(value, kWords);
}

void read_drain(const Table& service_table, Faults& faults, model::Announcer announcer,
                model::Drain& drain) {
  const auto table = subtable(service_table, faults, "drain", keys::kDrain);
  if (!table) return;
  table->read("hold", drain.hold, duration_between(0s, 1h));
  table->read("timeout", drain.timeout, duration_between(0s, 24h));
  table->read("tag", drain.route.tag, integer_between<std::uint32_t>(1, kGreatest));
  table->read("metric", drain.route.metric, integer_between<std::uint32_t>(0, kGreatest));
  read_policy(*table, drain.route.announce);
  judge_policy_keys(*table, announcer);
}

/// A drained VIP must not look like one that is up, whatever its weight. `table` gives `first`.
void judge_tags(const Table& table, const model::ServiceConfig& service, std::uint32_t first) {
  const std::uint32_t last =
      service.weighting == model::Weighting::bandwidth ? first + kWeightTags : first;
  const auto clashes = [&](std::uint32_t tag) { return tag >= first && tag <= last; };
  if (last < first) {
    table.find("tag")->fault("leaves no room for the tags of weights, which follow it");
  } else if (clashes(service.drain.route.tag)) {
    table.fault("announces with the tag" +
                (last == first ? " " + std::to_string(last)
                               : "s " + std::to_string(first) + " to " + std::to_string(last)) +
                ", which drain.tag (" + std::to_string(service.drain.route.tag) +
                ") has to differ from");
  }
}

/// Reads tag, metric and announce.
void read_route(const Table& table, Faults& faults, model::Announcer announcer,
                model::RouteAttributes& route) {
  table.read("tag", route.tag, read_tag);
  table.read("metric", route.metric, integer_between<std::uint32_t>(0, kGreatest));
  if (const auto announce = subtable(table, faults, "announce", keys::kAnnounce)) {
    read_policy(*announce, route.announce);
    judge_policy_keys(*announce, announcer);
  }
  if (announcer != model::Announcer::connected) return;
  for (const std::string_view key : {"tag", "metric"}) {
    const Value* given = table.find(key);
    if (given == nullptr) continue;
    given->fault(std::string(kAddressAlone) + ", which carries no " + std::string(key));
  }
}

}  // namespace

void read_announcing(const Table& service_table, Faults& faults, model::Announcer announcer,
                     model::ServiceConfig& service) {
  read_route(service_table, faults, announcer, service.route);
  read_drain(service_table, faults, announcer, service.drain);
  service_table.read("weighting", service.weighting, read_weighting);
  if (service.weighting != model::Weighting::none && announcer == model::Announcer::connected) {
    service_table.find("weighting")
        ->fault("an address on lo has no weight: expected the announcer \"zapi\" or \"vty\"");
  }
  service_table.read("weight", service.weight, integer_between<std::uint32_t>(1, 100));
  service_table.read("weigh_health", service.weigh_health, read_boolean);
  if (const auto table = subtable(service_table, faults, "guard", keys::kGuard)) {
    table->read("min_announcers", service.guard.min_announcers,
                integer_between<std::uint32_t>(0, 1000));
  }
  service_table.read("on_all_down", service.on_all_down, read_on_all_down);
  judge_tags(service_table, service, service.route.tag);
}

void read_own_route(const Table& vip_table, Faults& faults, model::Announcer announcer,
                    const IpAddress& vip, model::ServiceConfig& service) {
  model::RouteAttributes route = service.route;
  read_route(vip_table, faults, announcer, route);
  if (vip_table.find("tag") != nullptr) judge_tags(vip_table, service, route.tag);
  if (route != service.route) service.own_routes.emplace(vip, std::move(route));
}

}  // namespace vipherd::config
