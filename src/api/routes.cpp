#include "vipherd/api/routes.hpp"

#include <array>
#include <utility>

#include "api/page_files.hpp"
#include "api/query.hpp"
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

constexpr Parameter kReason{"reason", Parameter::Kind::text, false,
                            "Why: shown by status and events"};
constexpr Parameter kFor{"for", Parameter::Kind::duration, false,
                         "Undone by itself after this time (\"30m\")"};
constexpr std::array kTerms{kReason, kFor};
constexpr std::array kForceAndTerms{
    Parameter{"force", Parameter::Kind::flag, false, "Even if the guard (min_announcers) objects"},
    kReason, kFor};

model::Terms terms_of(const Query& query) {
  model::Terms terms;
  if (const std::string* reason = query.find(kReason.name)) terms.reason = *reason;
  if (const std::string* lasts = query.find(kFor.name)) terms.lasts = *parse_duration(*lasts);
  return terms;
}

void add(std::string& query, std::string_view key, std::string_view value) {
  query += (query.empty() ? "?" : "&") + std::string(key) + "=" + percent_encode(value);
}
void add(std::string& query, const model::Terms& terms) {
  if (!terms.reason.empty()) add(query, kReason.name, terms.reason);
  if (terms.lasts) {
    const auto lasts = std::chrono::ceil<std::chrono::milliseconds>(*terms.lasts);
    add(query, kFor.name, std::to_string(lasts.count()) + "ms");
  }
}

void read_query(command::Disable& disable, const Query& query) { disable.terms = terms_of(query); }
std::string query_of(const command::Disable& disable) {
  std::string query;
  add(query, disable.terms);
  return query;
}

void read_query(command::Drain& drain, const Query& query) {
  drain.force = query.has("force");
  drain.terms = terms_of(query);
}
std::string query_of(const command::Drain& drain) {
  std::string query;
  if (drain.force) add(query, "force", "1");
  add(query, drain.terms);
  return query;
}

constexpr std::array kPercent{
    Parameter{"percent", Parameter::Kind::percent, true, "1 to 100; 0: as configured"}};

void read_query(command::Weight& weight, const Query& query) {
  const auto percent = static_cast<std::uint32_t>(query.number("percent").value_or(0));
  if (percent > 0) weight.percent = percent;
}
std::string query_of(const command::Weight& weight) {
  return "?percent=" + std::to_string(weight.percent.value_or(0));
}

template <class C>
concept HasQuery = requires(C command, const Query& query) {
  read_query(command, query);
};

// ------------------------------------------------------------------------------ what is called

template <class C>
Result<Call> finish(C meant, const Query& query) {
  if constexpr (HasQuery<C>) read_query(meant, query);
  return Call(Command(std::move(meant)));
}

template <class C>
Result<Call> read_of_node(const Arguments& given) {
  return finish(C{scope::Node{}}, *given.query);
}

template <class C>
Result<Call> read_of_service(const Arguments& given) {
  const auto service = read_service(given);
  return service ? finish(C{*service}, *given.query) : Result<Call>(service.error());
}

template <class C>
Result<Call> read_of_vip(const Arguments& given) {
  const auto vip = read_vip(given);
  return vip ? finish(C{*vip}, *given.query) : Result<Call>(vip.error());
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

model::Strictness strictness_of(const Query& query) {
  const auto is_failure = [&](std::string_view name, bool without) {
    const std::string* status = query.find(name);
    return status == nullptr ? without : *status == "503";
  };
  return {.problems = is_failure("unhealthy", true),
          .drained = is_failure("drained", false),
          .notices = is_failure("notices", false)};
}

Result<Call> read_health(const Arguments& given) {
  return Call(call::Health{scope::Node{}, strictness_of(*given.query)});
}

Result<Call> read_health_of_service(const Arguments& given) {
  const auto service = read_service(given);
  if (!service) return service.error();
  return Call(call::Health{*service, strictness_of(*given.query)});
}

Result<Call> read_status(const Arguments& given) {
  return Call(call::Status{given.query->has("recent")});
}

model::HistoryFilter filter_of(const Query& query) {
  model::HistoryFilter filter;
  if (const std::string* service = query.find("service")) filter.service = *service;
  if (const std::string* vip = query.find("vip")) filter.vip = *IpAddress::parse(*vip);
  return filter;
}

Result<Call> read_events(const Arguments& given) {
  const Query& query = *given.query;
  return Call(call::Events{filter_of(query), query.number("after"),
                           static_cast<std::size_t>(query.number("limit").value_or(100))});
}

Result<Call> read_event_stream(const Arguments& given) {
  auto after = given.query->number("after");
  if (!given.last_event_id.empty()) {
    after = parse_number<std::uint64_t>(given.last_event_id);
    if (!after) return fail("Last-Event-ID: expected the ID of an event");
  }
  return Call(call::EventStream{filter_of(*given.query), after});
}

Result<Call> read_observe(const Arguments& given) {
  const auto vip = read_vip(given);
  return vip ? Result<Call>(call::Observe{vip->address}) : Result<Call>(vip.error());
}

constexpr std::string_view kHtml = "text/html; charset=utf-8";
constexpr std::string_view kCss = "text/css; charset=utf-8";
constexpr std::string_view kJs = "text/javascript; charset=utf-8";
constexpr std::string_view kSvg = "image/svg+xml";

template <const std::string_view& kType, const std::string_view& kContent>
Result<Call> read_page_file(const Arguments&) {
  return Call(call::PageFile{kType, kContent});
}

constexpr std::span<const Parameter> kNoQuery;

template <const std::string_view& kType, const std::string_view& kContent>
constexpr Route of_page(std::string_view path, std::string_view help = "Of the status page") {
  return {Method::get, path, help, kNoQuery, Answer::page, read_page_file<kType, kContent>};
}

constexpr std::array kStrictness{
    Parameter{"unhealthy", Parameter::Kind::http_status, false,
              "The status if there is a problem; 503 without it"},
    Parameter{"drained", Parameter::Kind::http_status, false,
              "The status if something was taken out on purpose; 200 without it"},
    Parameter{"notices", Parameter::Kind::http_status, false,
              "The status if there is any notice; 200 without it"}};

constexpr std::array kRecent{
    Parameter{"recent", Parameter::Kind::flag, false, "With the last results of each check"}};

constexpr Parameter kOfService{"service", Parameter::Kind::name, false,
                               "Of this service, its checks and its VIPs alone"};
constexpr Parameter kOfVip{"vip", Parameter::Kind::address, false, "Of this VIP alone"};
constexpr std::array kEvents{
    Parameter{"after", Parameter::Kind::event, false,
              "What came after it; without it: the newest. IDs are microseconds since 1970"},
    kOfService, kOfVip,
    Parameter{"limit", Parameter::Kind::count, false, "So many at most; 100 without it"}};
constexpr std::array kStream{
    Parameter{"after", Parameter::Kind::event, false,
              "First what came after it (a Last-Event-ID header counts more); without it: only "
              "what comes from now on"},
    kOfService, kOfVip};

// ----------------------------------------------------------------------------------- the table

constexpr std::array kRoutes{
    of_page<kHtml, kIndexHtml>("/", "The status page, for browsers"),
    of_page<kCss, kPageCss>("/page.css"),
    of_page<kJs, kPageJs>("/page.js"),
    of_page<kJs, kPartsJs>("/parts.js"),
    of_page<kJs, kChainJs>("/chain.js"),
    of_page<kJs, kDomJs>("/dom.js"),
    of_page<kSvg, kIconSvg>("/icon.svg"),
    Route{Method::get, "/health", "Whether the node is healthy: 200, or 503 and why not",
          kStrictness, Answer::health, read_health},
    Route{Method::get, "/health/{SERVICE}", "Whether a service is healthy: 200, or 503 and why not",
          kStrictness, Answer::health, read_health_of_service},
    Route{Method::get, "/metrics", "What has been counted, and the state, for Prometheus", kNoQuery,
          Answer::metrics, read_plain<call::Metrics>},
    Route{Method::get, "/v1/status", "What is checked, attached and announced, and why (not)",
          kRecent, Answer::status, read_status},
    Route{Method::get, "/v1/events", "What has changed, and why, oldest first", kEvents,
          Answer::events, read_events},
    Route{Method::get, "/v1/events/stream",
          "The same as it happens, as server-sent events: first what came after the ID", kStream,
          Answer::stream, read_event_stream},
    Route{Method::get, "/openapi.json", "This description", kNoQuery, Answer::description,
          read_plain<call::Description>},

    of_node<command::Probe>("/v1/probe"),
    of_node<command::Drain>("/v1/drain", kForceAndTerms),
    of_node<command::Resume>("/v1/resume"),
    of_node<command::Weight>("/v1/weight", kPercent),
    Route{Method::post, "/v1/hand-over", call::HandOver::kHelp, kNoQuery, Answer::reached,
          read_plain<call::HandOver>},
    Route{Method::post, "/v1/reload", call::Reload::kHelp, kNoQuery, Answer::reloaded,
          read_plain<call::Reload>},

    of_service<command::Probe>("/v1/services/{NAME}/probe"),
    of_service<command::Disable>("/v1/services/{NAME}/disable", kTerms),
    of_service<command::Enable>("/v1/services/{NAME}/enable"),
    of_service<command::ClearDamping>("/v1/services/{NAME}/clear-damping"),
    of_service<command::Drain>("/v1/services/{NAME}/drain", kForceAndTerms),
    of_service<command::Resume>("/v1/services/{NAME}/resume"),
    of_service<command::Weight>("/v1/services/{NAME}/weight", kPercent),

    of_vip<command::Drain>("/v1/vips/{ADDRESS}/drain", kForceAndTerms),
    of_vip<command::Resume>("/v1/vips/{ADDRESS}/resume"),
    Route{Method::post, "/v1/vips/{ADDRESS}/observe",
          "Have FRR's daemons asked now what they hold of a VIP, and show the status", kNoQuery,
          Answer::status, read_observe},
};

}  // namespace

std::span<const Route> routes() { return kRoutes; }

Response answer_of(const call::PageFile& file) {
  Response response{200, std::string(file.content_type), std::string(file.content)};
  response.security_policy =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src "
      "'self'; "
      "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
      "require-trusted-types-for 'script'";
  return response;
}

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
