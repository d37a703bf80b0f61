#include "agent/requests.hpp"

#include <array>
#include <string_view>
#include <utility>

#include "vipherd/wire/status_json.hpp"

namespace vipherd::agent {
namespace {

using model::event::OperatorCommand;
using Verb = OperatorCommand::Verb;

constexpr std::string_view kServices = "/v1/services/";
constexpr std::array<std::pair<std::string_view, Verb>, 3> kVerbs{
    {{"disable", Verb::disable}, {"enable", Verb::enable}, {"clear-damping", Verb::clear_damping}}};

api::Response error(unsigned status, std::string_view message) {
  return {status, "application/json", wire::encode_error(message)};
}

api::Response not_found() {
  return error(404,
               "there are GET /health and /v1/status, and on the control socket POST /v1/probe and "
               "/v1/services/NAME/disable, enable and clear-damping");
}

Request only_by(std::string_view method, const api::Request& request, Request meant) {
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (reads == (method == "GET")) return meant;
  api::Response refusal = error(405, "expected " + std::string(method));
  refusal.allow = method == "GET" ? "GET, HEAD" : method;
  return refusal;
}

/// "service=NAME", or nothing for all of them.
Request probe_command(std::string_view query) {
  constexpr std::string_view kKey = "service=";
  if (query.empty()) return OperatorCommand{Verb::probe_now, ""};
  if (!query.starts_with(kKey) || query.size() == kKey.size()) {
    return error(400, "expected ?service=NAME, or nothing for all services");
  }
  return OperatorCommand{Verb::probe_now, std::string(query.substr(kKey.size()))};
}

/// NAME/VERB
Request service_command(std::string_view rest) {
  const std::size_t slash = rest.find('/');
  if (slash == 0 || slash == std::string_view::npos) return not_found();
  for (const auto& [word, verb] : kVerbs) {
    if (rest.substr(slash + 1) == word) {
      return OperatorCommand{verb, std::string(rest.substr(0, slash))};
    }
  }
  return not_found();
}

}  // namespace

Request understand(const api::Request& request) {
  if (request.path == "/health") return only_by("GET", request, Page::health);
  if (request.path == "/v1/status") return only_by("GET", request, Page::status);
  const bool probe = request.path == "/v1/probe";
  if (!probe && !request.path.starts_with(kServices)) return not_found();
  Request meant = probe ? probe_command(request.query)
                        : service_command(request.path.substr(kServices.size()));
  if (!std::holds_alternative<OperatorCommand>(meant)) return meant;
  // Silently dropped it would be taken for obeyed.
  if (!request.body.empty()) return error(400, "expected no body");
  return only_by("POST", request, std::move(meant));
}

std::optional<api::Response> refuse(const core::State& state, const OperatorCommand& command) {
  if (state.config == nullptr) return error(503, "the agent is starting");
  if (state.phase == core::Phase::stopping || state.phase == core::Phase::finished) {
    return error(503, "the agent is stopping");
  }
  if (command.service.empty()) return std::nullopt;
  const auto found = state.services.find(command.service);
  if (found == state.services.end()) {
    return error(404, "there is no service \"" + command.service + "\"");
  }
  if (command.verb == Verb::enable && !found->second.config->enabled) {
    return error(409, "service " + command.service +
                          " is disabled by the configuration (enabled = false)");
  }
  return std::nullopt;
}

std::vector<std::string> reached(const core::State& state, const OperatorCommand& command) {
  std::vector<std::string> names;
  for (const auto& [name, service] : state.services) {
    if (command.service.empty() || command.service == name) names.push_back(name);
  }
  return names;
}

}  // namespace vipherd::agent
