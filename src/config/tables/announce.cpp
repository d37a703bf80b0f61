// What FRR is told about a service's routes: [services.NAME.announce] and [services.NAME.drain].
#include <algorithm>
#include <array>

#include "config/tables/service_tables.hpp"
#include "config/tables/services.hpp"
#include "vipherd/base/numbers.hpp"
#include "vipherd/model/states.hpp"

namespace vipherd::config {
namespace {

using namespace std::chrono_literals;
using model::Drain;
using model::RouteAttributes;
using model::RoutePolicy;

constexpr std::int64_t kMostPrepends = 16;
constexpr std::uint32_t kWeightTags = 10;

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

bool is_large_community(std::string_view text) { return is_numbers(text, 3, kGreatestNumber); }

Type<std::vector<std::string>> communities() {
  const std::string expected = "communities such as \"65001:100\" or \"no-export\"";
  return array_of(text("community", expected, is_community), "array", "an array of " + expected);
}

Type<std::vector<std::string>> large_communities() {
  const std::string expected = "large communities such as \"65001:1:2\"";
  return array_of(text("community", expected, is_large_community), "array",
                  "an array of " + expected);
}

/// With zapi a route has a tag and a metric, and FRR's route-map says what they mean.
void evaluate_policy_keys(const Table& table, model::Announcer announcer) {
  if (traits_of(announcer).carries_policy) return;
  for (const std::string_view key : keys_of(announce_rows())) {
    const Value* value = table.find(key);
    if (value == nullptr) continue;
    value->error("is for the announcer \"vty\"; with \"" + std::string(to_string(announcer)) +
                 "\" the route-map in FRR's configuration sets it, by the route's tag");
  }
}

/// A drained VIP must not look like one that is up, whatever its weight. `table` gives `first`.
void evaluate_tags(const Table& table, const model::ServiceConfig& service, std::uint32_t first) {
  const std::uint32_t last =
      service.weighting == model::Weighting::bandwidth ? first + kWeightTags : first;
  const auto clashes = [&](std::uint32_t tag) { return tag >= first && tag <= last; };
  if (last < first) {
    table.find("tag")->error("leaves no room for the tags of weights, which follow it");
  } else if (clashes(service.drain.route.tag)) {
    table.error("announces with the tag" +
                (last == first ? " " + std::to_string(last)
                               : "s " + std::to_string(first) + " to " + std::to_string(last)) +
                ", which drain.tag (" + std::to_string(service.drain.route.tag) +
                ") has to differ from");
  }
}

void read_announce(const Table& table, Errors& errors, model::Announcer announcer,
                   RoutePolicy& policy) {
  if (const auto announce = find_table(table, errors, "announce")) {
    read_table(*announce, announce_rows(), policy);
    evaluate_policy_keys(*announce, announcer);
  }
}

void evaluate_address_alone(const Table& table, model::Announcer announcer) {
  if (!traits_of(announcer).attachment_announces) return;
  for (const std::string_view key : {"tag", "metric"}) {
    const Value* given = table.find(key);
    if (given == nullptr) continue;
    given->error(std::string(kAddressAlone) + ", which carries no " + std::string(key));
  }
}

}  // namespace

const Rows<RoutePolicy>& announce_rows() {
  static const Rows<RoutePolicy> rows{
      {"med", &RoutePolicy::med, maybe(integer(0, kGreatestNumber)), "BGP's MULTI_EXIT_DISC"},
      {"communities", &RoutePolicy::communities, communities(),
       "such as `\"65001:100\"`, `\"no-export\"`, `\"graceful-shutdown\"`"},
      {"large_communities", &RoutePolicy::large_communities, large_communities(),
       "such as `\"65001:1:2\"`"},
      {"prepend", &RoutePolicy::prepend, integer(0, kMostPrepends),
       "the own AS so many times more"},
  };
  return rows;
}

const Rows<Drain>& drain_rows() {
  static const auto of_route = [](auto member) { return path(&Drain::route, member); };
  static const auto of_policy = [](auto member) {
    return path(&Drain::route, &RouteAttributes::announce, member);
  };
  static const Rows<Drain> rows{
      {"hold", &Drain::hold, duration(0s, 1h),
       "how long it stays announced as least preferred, from the moment zebra has it so"},
      {"timeout", &Drain::timeout, duration(0s, 24h),
       "how long connections may last after the withdrawal"},
      {"tag", of_route(&RouteAttributes::tag), integer(1, kGreatestNumber),
       "the route's tag meanwhile"},
      {"metric", of_route(&RouteAttributes::metric), integer(0, kGreatestNumber),
       "the route's metric meanwhile"},
      {"med", of_policy(&RoutePolicy::med), maybe(integer(0, kGreatestNumber)),
       "announcer `vty` only, as the rest"},
      {"communities", of_policy(&RoutePolicy::communities), communities(), "RFC 8326"},
      {"large_communities", of_policy(&RoutePolicy::large_communities), large_communities(), ""},
      {"prepend", of_policy(&RoutePolicy::prepend), integer(0, kMostPrepends), ""},
  };
  return rows;
}

void read_announcing(const Table& service_table, Errors& errors, model::Announcer announcer,
                     model::ServiceConfig& service) {
  read_announce(service_table, errors, announcer, service.route.announce);
  evaluate_address_alone(service_table, announcer);
  if (const auto drain = find_table(service_table, errors, "drain")) {
    read_table(*drain, drain_rows(), service.drain);
    evaluate_policy_keys(*drain, announcer);
  }
  if (service.weighting != model::Weighting::none && traits_of(announcer).attachment_announces) {
    service_table.find("weighting")
        ->error("an address on lo has no weight: expected the announcer \"zapi\" or \"vty\"");
  }
  evaluate_tags(service_table, service, service.route.tag);
}

void read_own_route(const Table& vip_table, Errors& errors, model::Announcer announcer,
                    const IpAddress& vip, model::ServiceConfig& service) {
  RouteAttributes route = service.route;
  read_rows(vip_table, vip_rows(), route);
  read_announce(vip_table, errors, announcer, route.announce);
  evaluate_address_alone(vip_table, announcer);
  if (vip_table.find("tag") != nullptr) evaluate_tags(vip_table, service, route.tag);
  if (route != service.route) service.own_routes.emplace(vip, std::move(route));
}

}  // namespace vipherd::config
