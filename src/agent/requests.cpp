#include "agent/requests.hpp"

#include <algorithm>
#include <array>
#include <ranges>
#include <span>
#include <string_view>
#include <utility>

#include "agent/health_query.hpp"
#include "vipherd/base/name.hpp"
#include "vipherd/base/numbers.hpp"
#include "vipherd/base/percent.hpp"
#include "vipherd/wire/status_json.hpp"

namespace vipherd::agent {
namespace {

using model::Command;
namespace command = model::command;
namespace scope = model::scope;

template <class C, class Scope>
Command make(Scope scope) {
  return C{std::move(scope)};
}

/// What can be said of the node, of a service, of a VIP.
struct Word {
  std::string_view name;
  Command (*node)(scope::Node);
  Command (*service)(scope::Service);
  Command (*vip)(scope::Vip);
};
template <class C>
constexpr Word of_services{C::kName, nullptr, make<C, scope::Service>, nullptr};
template <class C>
constexpr Word of_node_and_services{C::kName, make<C, scope::Node>, make<C, scope::Service>,
                                    nullptr};
template <class C>
constexpr Word of_all{C::kName, make<C, scope::Node>, make<C, scope::Service>, make<C, scope::Vip>};
constexpr std::array<Word, 7> kWords{
    {of_node_and_services<command::Probe>, of_services<command::Disable>,
     of_services<command::Enable>, of_services<command::ClearDamping>, of_all<command::Drain>,
     of_all<command::Resume>, of_node_and_services<command::Weight>}};

api::Response error(unsigned status, std::string_view message) {
  return {status, "application/json", wire::encode_error(message)};
}

api::Response not_found() {
  return error(404,
               "there are GET /health, /health/SERVICE and /v1/status, and on the control socket "
               "POST /v1/probe, "
               "drain, resume, weight, hand-over, /v1/services/NAME/probe, disable, enable, "
               "clear-damping, drain, resume, weight, and /v1/vips/ADDRESS/drain, resume, observe");
}

Request only_by(std::string_view method, const api::Request& request, Request meant) {
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (reads == (method == "GET")) return meant;
  api::Response refusal = error(405, "expected " + std::string(method));
  refusal.allow = method == "GET" ? "GET, HEAD" : method;
  return refusal;
}

const Word* find_word(std::string_view text) {
  const auto found = std::ranges::find(kWords, text, &Word::name);
  return found == kWords.end() ? nullptr : &*found;
}

/// Decoded one by one, so that an encoded slash separates nothing; nullopt: cannot be decoded.
std::optional<std::vector<std::string>> segments_of(std::string_view path) {
  std::vector<std::string> segments;
  while (path.starts_with('/')) {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    auto segment = percent_decode(path.substr(0, end));
    if (!segment) return std::nullopt;
    segments.push_back(std::move(*segment));
    path.remove_prefix(end);
  }
  return segments;
}

using Understood = std::variant<Command, ObserveVip, api::Response>;

Understood command_of_service(const std::string& name, std::string_view verb) {
  const Word* word = find_word(verb);
  if (word == nullptr || word->service == nullptr) return not_found();
  if (!is_name(name)) {
    return error(400, "/v1/services/NAME: expected " + std::string(kNameRule));
  }
  return word->service({name});
}

Understood command_of_vip(const std::string& text, std::string_view verb) {
  const Word* word = find_word(verb);
  const bool observes = verb == "observe";
  if ((word == nullptr || word->vip == nullptr) && !observes) return not_found();
  const auto address = IpAddress::parse(text);
  if (!address) return error(400, "/v1/vips/ADDRESS: expected an IPv4 or IPv6 address");
  if (observes) return ObserveVip{*address};
  return word->vip({*address});
}

/// /v1/VERB, /v1/services/NAME/VERB or /v1/vips/ADDRESS/VERB
Understood command_of(const std::vector<std::string>& path) {
  if (path.empty() || path[0] != "v1") return not_found();
  if (path.size() == 2) {
    const Word* word = find_word(path[1]);
    if (word != nullptr && word->node != nullptr) return word->node({});
  }
  if (path.size() == 4 && path[1] == "services") return command_of_service(path[2], path[3]);
  if (path.size() == 4 && path[1] == "vips") return command_of_vip(path[2], path[3]);
  return not_found();
}

/// /health or /health/SERVICE
Request health_of(const std::vector<std::string>& path, const api::Request& request) {
  HealthPage page;
  if (path.size() == 2) {
    if (!is_name(path[1])) return error(400, "/health/SERVICE: expected " + std::string(kNameRule));
    page.service = path[1];
  }
  const auto strictness = parse_health_query(request.query);
  if (!strictness) return error(400, strictness.error().what);
  page.strictness = *strictness;
  return page;
}

/// What stands after the question mark; a sentence if it makes no sense for the command.
struct TakeQuery {
  std::string_view query;

  std::string operator()(auto&) const { return query.empty() ? "" : "expected no query"; }
  std::string operator()(command::Weight& weight) const {
    constexpr std::string_view kKey = "percent=";
    const auto percent = query.starts_with(kKey)
                             ? parse_number<std::uint32_t>(query.substr(kKey.size()))
                             : std::nullopt;
    if (!percent || *percent > 100) {
      return "expected ?percent=N, 1 to 100, or 0 for the configured weight";
    }
    if (*percent > 0) weight.percent = *percent;
    return "";
  }
  std::string operator()(command::Drain& drain) const {
    drain.force = query == "force=1";
    return drain.force || query.empty() ? "" : "expected ?force=1 or nothing";
  }
};

}  // namespace

Request understand(const api::Request& request) {
  const auto path = segments_of(request.path);
  if (!path) return error(400, "expected a path in which every '%' is followed by two digits");
  if (!path->empty() && path->front() == "health" && path->size() <= 2) {
    return only_by("GET", request, health_of(*path, request));
  }
  if (*path == std::vector<std::string>{"v1", "status"}) {
    return only_by("GET", request, StatusPage{});
  }
  Request meant = HandOver{};
  if (*path != std::vector<std::string>{"v1", "hand-over"}) {
    Understood understood = command_of(*path);
    if (auto* refusal = std::get_if<api::Response>(&understood)) return std::move(*refusal);
    if (auto* taken = std::get_if<Command>(&understood)) {
      const std::string fault = std::visit(TakeQuery{request.query}, *taken);
      if (!fault.empty()) return error(400, fault);
      meant = std::move(*taken);
    } else {
      meant = std::get<ObserveVip>(understood);
    }
  }
  if (!std::holds_alternative<Command>(meant) && !request.query.empty()) {
    return error(400, "expected no query");
  }
  // Silently dropped it would be taken for executed.
  if (!request.body.empty()) return error(400, "expected no body");
  return only_by("POST", request, std::move(meant));
}

api::Response no_such_service(std::string_view name, const std::vector<std::string>& names) {
  constexpr std::size_t kMost = 20;
  std::string text = "there is no service \"" + std::string(name) + "\"";
  std::string separator = "; there are: ";
  for (const std::string& known : std::span(names).first(std::min(kMost, names.size()))) {
    text += std::exchange(separator, ", ") + known;
  }
  if (names.size() > kMost) text += " and " + std::to_string(names.size() - kMost) + " more";
  return error(404, text);
}

std::optional<api::Response> refuse(const core::Core& core, const Command& command, TimePoint now) {
  using Kind = core::Refusal::Kind;
  const auto refusal = core.refusal(command, now);
  if (!refusal) return std::nullopt;
  switch (refusal->kind) {
    case Kind::not_running:
      return error(503, refusal->why);
    case Kind::no_such_vip:
      return error(404, refusal->why);
    case Kind::no_such_service:
      return no_such_service(std::get<scope::Service>(scope_of(command)).name,
                             core.service_names());
    case Kind::not_now:
      return error(409, refusal->why);
  }
  return std::nullopt;
}

wire::Reached reached(const core::Core& core, const Command& command) {
  const core::Concerned concerned = core.concerned_by(scope_of(command));
  wire::Reached all;
  all.command = name_of(command);
  all.scope = scope_of(command);
  if (const auto* weight = std::get_if<command::Weight>(&command)) {
    all.percent = weight->percent.value_or(0);
  }
  all.services = concerned.services;
  for (const IpAddress& vip : concerned.vips) all.vips.push_back(vip.to_string());
  return all;
}

}  // namespace vipherd::agent
