#include "vipherd/api/routes.hpp"

#include <array>
#include <utility>

#include "api/health_query.hpp"
#include "vipherd/base/name.hpp"
#include "vipherd/base/numbers.hpp"
#include "vipherd/base/overloaded.hpp"
#include "vipherd/base/percent.hpp"

namespace vipherd::api {
namespace {

using model::Command;
namespace command = model::command;
namespace scope = model::scope;

// ------------------------------------------------------------------- what is named in the path

Result<scope::Service> read_service(const Arguments& given) {
  if (is_name(given.name)) return scope::Service{given.name};
  return fail(given.where + ": expected " + std::string(kNameRule));
}

Result<scope::Vip> read_vip(const Arguments& given) {
  if (const auto address = IpAddress::parse(given.name)) return scope::Vip{*address};
  return fail(given.where + ": expected an IPv4 or IPv6 address");
}

// ----------------------------------------------------- the query of the commands that have one

constexpr std::array kForce{
    Parameter{"force", Parameter::Kind::flag, false, "Even if the guard (min_announcers) objects"}};

Result<void> read_query(command::Drain& drain, std::string_view query) {
  drain.force = query == "force=1";
  if (drain.force || query.empty()) return {};
  return fail("expected ?force=1 or nothing");
}
std::string query_of(const command::Drain& drain) { return drain.force ? "?force=1" : ""; }

constexpr std::array kPercent{
    Parameter{"percent", Parameter::Kind::percent, true, "1 to 100; 0: as configured"}};

Result<void> read_query(command::Weight& weight, std::string_view query) {
  constexpr std::string_view kKey = "percent=";
  const auto percent = query.starts_with(kKey)
                           ? parse_number<std::uint32_t>(query.substr(kKey.size()))
                           : std::nullopt;
  if (!percent || *percent > 100) {
    return fail("expected ?percent=N, 1 to 100, or 0 for the configured weight");
  }
  if (*percent > 0) weight.percent = *percent;
  return {};
}
std::string query_of(const command::Weight& weight) {
  return "?percent=" + std::to_string(weight.percent.value_or(0));
}

template <class C>
concept HasQuery = requires(C command, std::string_view query) {
  read_query(command, query);
};

// ------------------------------------------------------------------------------ what is called

template <class C>
Result<Call> finish(C meant, std::string_view query) {
  if constexpr (HasQuery<C>) {
    if (const auto read = read_query(meant, query); !read) return read.error();
  }
  return Call(Command(std::move(meant)));
}

template <class C>
Result<Call> read_of_node(const Arguments& given) {
  return finish(C{scope::Node{}}, given.query);
}

template <class C>
Result<Call> read_of_service(const Arguments& given) {
  const auto service = read_service(given);
  return service ? finish(C{*service}, given.query) : Result<Call>(service.error());
}

template <class C>
Result<Call> read_of_vip(const Arguments& given) {
  const auto vip = read_vip(given);
  return vip ? finish(C{*vip}, given.query) : Result<Call>(vip.error());
}

template <class C>
constexpr Route of_node(std::string_view path, std::span<const Parameter> query = {}) {
  return {Method::post, path, C::kHelp, query, Answer::reached, read_of_node<C>};
}

template <class C>
constexpr Route of_service(std::string_view path, std::span<const Parameter> query = {}) {
  return {Method::post, path, C::kHelp, query, Answer::reached, read_of_service<C>};
}

template <class C>
constexpr Route of_vip(std::string_view path, std::span<const Parameter> query = {}) {
  return {Method::post, path, C::kHelp, query, Answer::reached, read_of_vip<C>};
}

template <class C>
Result<Call> read_plain(const Arguments&) {
  return Call(C{});
}

Result<Call> read_health(const Arguments& given) {
  const auto strictness = parse_health_query(given.query);
  if (!strictness) return strictness.error();
  return Call(call::Health{scope::Node{}, *strictness});
}

Result<Call> read_health_of_service(const Arguments& given) {
  const auto service = read_service(given);
  if (!service) return service.error();
  const auto strictness = parse_health_query(given.query);
  if (!strictness) return strictness.error();
  return Call(call::Health{*service, *strictness});
}

Result<Call> read_observe(const Arguments& given) {
  const auto vip = read_vip(given);
  return vip ? Result<Call>(call::Observe{vip->address}) : Result<Call>(vip.error());
}

constexpr std::span<const Parameter> kNoQuery;

constexpr std::array kStrictness{
    Parameter{"drained", Parameter::Kind::http_status, false,
              "The status if something was taken out on purpose; 200 without it"},
    Parameter{"notices", Parameter::Kind::http_status, false,
              "The status if there is any notice; 200 without it"}};

// ----------------------------------------------------------------------------------- the table

constexpr std::array kRoutes{
    Route{Method::get, "/health", "Whether the node is healthy: 200, or 503 and why not",
          kStrictness, Answer::health, read_health},
    Route{Method::get, "/health/{SERVICE}", "Whether a service is healthy: 200, or 503 and why not",
          kStrictness, Answer::health, read_health_of_service},
    Route{Method::get, "/metrics", "What has been counted, and the state, for Prometheus", kNoQuery,
          Answer::metrics, read_plain<call::Metrics>},
    Route{Method::get, "/v1/status", "What is checked, attached and announced, and why (not)",
          kNoQuery, Answer::status, read_plain<call::Status>},
    Route{Method::get, "/openapi.json", "This description", kNoQuery, Answer::description,
          read_plain<call::Description>},

    of_node<command::Probe>("/v1/probe"),
    of_node<command::Drain>("/v1/drain", kForce),
    of_node<command::Resume>("/v1/resume"),
    of_node<command::Weight>("/v1/weight", kPercent),
    Route{Method::post, "/v1/hand-over", call::HandOver::kHelp, kNoQuery, Answer::reached,
          read_plain<call::HandOver>},

    of_service<command::Probe>("/v1/services/{NAME}/probe"),
    of_service<command::Disable>("/v1/services/{NAME}/disable"),
    of_service<command::Enable>("/v1/services/{NAME}/enable"),
    of_service<command::ClearDamping>("/v1/services/{NAME}/clear-damping"),
    of_service<command::Drain>("/v1/services/{NAME}/drain", kForce),
    of_service<command::Resume>("/v1/services/{NAME}/resume"),
    of_service<command::Weight>("/v1/services/{NAME}/weight", kPercent),

    of_vip<command::Drain>("/v1/vips/{ADDRESS}/drain", kForce),
    of_vip<command::Resume>("/v1/vips/{ADDRESS}/resume"),
    Route{Method::post, "/v1/vips/{ADDRESS}/observe",
          "Have FRR's daemons asked now what they hold of a VIP, and show the status", kNoQuery,
          Answer::status, read_observe},
};

}  // namespace

std::span<const Route> routes() { return kRoutes; }

std::string target_of(const Command& command) {
  const std::string place =
      std::visit(Overloaded{
                     [](const scope::Node&) -> std::string { return ""; },
                     [](const scope::Service& service) {
                       return "services/" + percent_encode(service.name) + "/";
                     },
                     [](const scope::Vip& vip) {
                       return "vips/" + percent_encode(vip.address.to_string()) + "/";
                     },
                 },
                 scope_of(command));
  const std::string query = std::visit(
      []<class C>(const C& one) -> std::string {
        if constexpr (HasQuery<C>) {
          return query_of(one);
        } else {
          return "";
        }
      },
      command);
  return "/v1/" + place + std::string(name_of(command)) + query;
}

}  // namespace vipherd::api
