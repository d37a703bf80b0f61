#include "agent/requests.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "vipherd/base/numbers.hpp"
#include "vipherd/core/guard.hpp"
#include "vipherd/wire/status_json.hpp"

namespace vipherd::agent {
namespace {

using model::event::OperatorCommand;
using Verb = OperatorCommand::Verb;

constexpr std::string_view kServices = "/v1/services/";
constexpr std::string_view kVips = "/v1/vips/";
constexpr std::string_view kNode = "/v1/";

/// What a verb may be said of.
struct Word {
  std::string_view text;
  Verb verb;
  bool node;
  bool service;
  bool vip;
};
constexpr std::array<Word, 7> kWords{{{"probe", Verb::probe_now, true, true, false},
                                      {"disable", Verb::disable, false, true, false},
                                      {"enable", Verb::enable, false, true, false},
                                      {"clear-damping", Verb::clear_damping, false, true, false},
                                      {"drain", Verb::drain, true, true, true},
                                      {"resume", Verb::resume, true, true, true},
                                      {"weight", Verb::set_weight, true, true, false}}};

api::Response error(unsigned status, std::string_view message) {
  return {status, "application/json", wire::encode_error(message)};
}

api::Response not_found() {
  return error(404,
               "there are GET /health and /v1/status, and on the control socket POST /v1/probe, "
               "drain, resume, weight, hand-over, /v1/services/NAME/probe, disable, enable, "
               "clear-damping, drain, resume, weight, and /v1/vips/ADDRESS/drain, resume");
}

Request only_by(std::string_view method, const api::Request& request, Request meant) {
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (reads == (method == "GET")) return meant;
  api::Response refusal = error(405, "expected " + std::string(method));
  refusal.allow = method == "GET" ? "GET, HEAD" : method;
  return refusal;
}

const Word* find_word(std::string_view text, bool Word::*scope) {
  const auto found = std::ranges::find(kWords, text, &Word::text);
  return found != kWords.end() && (*found).*scope ? &*found : nullptr;
}

/// VERB, services/NAME/VERB or vips/ADDRESS/VERB; nullopt: there is no such path.
std::optional<OperatorCommand> command_of(std::string_view path) {
  OperatorCommand command;
  const Word* word = nullptr;
  const std::size_t slash = path.rfind('/');
  if (path.starts_with(kServices) && slash > kServices.size()) {
    command.service = path.substr(kServices.size(), slash - kServices.size());
    word = find_word(path.substr(slash + 1), &Word::service);
    if (command.service.find('/') != std::string::npos) return std::nullopt;
  } else if (path.starts_with(kVips) && slash > kVips.size()) {
    const auto vip = IpAddress::parse(std::string(path.substr(kVips.size(), slash - kVips.size())));
    if (!vip) return std::nullopt;
    command.vip = *vip;
    word = find_word(path.substr(slash + 1), &Word::vip);
  } else if (path.starts_with(kNode)) {
    word = find_word(path.substr(kNode.size()), &Word::node);
  }
  if (word == nullptr) return std::nullopt;
  command.verb = word->verb;
  return command;
}

/// What stands after the question mark; a sentence if it makes no sense for the verb.
std::string take_query(OperatorCommand& command, std::string_view query) {
  if (command.verb == Verb::set_weight) {
    constexpr std::string_view kKey = "percent=";
    const auto weight = query.starts_with(kKey)
                            ? parse_number<std::uint32_t>(query.substr(kKey.size()))
                            : std::nullopt;
    if (!weight || *weight > 100) {
      return "expected ?percent=N, 1 to 100, or 0 for the configured weight";
    }
    command.weight = *weight;
    return "";
  }
  if (command.verb == Verb::drain && query == "force=1") {
    command.force = true;
    return "";
  }
  if (query.empty()) return "";
  return command.verb == Verb::drain ? "expected ?force=1 or nothing" : "expected no query";
}

}  // namespace

Request understand(const api::Request& request) {
  if (request.path == "/health") return only_by("GET", request, Page::health);
  if (request.path == "/v1/status") return only_by("GET", request, Page::status);
  Request meant = HandOver{};
  if (request.path != "/v1/hand-over") {
    auto command = command_of(request.path);
    if (!command) return not_found();
    const std::string fault = take_query(*command, request.query);
    if (!fault.empty()) return error(400, fault);
    meant = std::move(*command);
  }
  // Silently dropped it would be taken for obeyed.
  if (!request.body.empty()) return error(400, "expected no body");
  return only_by("POST", request, std::move(meant));
}

std::optional<api::Response> refuse(const core::State& state, const OperatorCommand& command,
                                    TimePoint now) {
  if (state.config == nullptr) return error(503, "the agent is starting");
  if (state.phase == core::Phase::stopping || state.phase == core::Phase::finished) {
    return error(503, "the agent is stopping");
  }
  if (command.vip && !state.vips.contains(*command.vip)) {
    return error(404, "there is no VIP " + command.vip->to_string());
  }
  if (!command.service.empty()) {
    const auto found = state.services.find(command.service);
    if (found == state.services.end()) {
      return error(404, "there is no service \"" + command.service + "\"");
    }
    if (command.verb == Verb::enable && !found->second.config->enabled) {
      return error(409, "service " + command.service +
                            " is disabled by the configuration (enabled = false)");
    }
  }
  if (command.verb != Verb::drain || command.force) return std::nullopt;
  const std::string objection = core::drain_objection(state, command, now);
  if (objection.empty()) return std::nullopt;
  return error(409, "not drained: " + objection + " (--force drains all the same)");
}

wire::Reached reached(const core::State& state, const OperatorCommand& command) {
  wire::Reached all;
  for (const auto& [name, service] : state.services) {
    bool concerned = false;
    for (const IpAddress& vip : service.config->vips) {
      if (!core::concerns(command, name, vip)) continue;
      concerned = true;
      all.vips.push_back(vip.to_string());
    }
    if (concerned) all.services.push_back(name);
  }
  return all;
}

}  // namespace vipherd::agent
