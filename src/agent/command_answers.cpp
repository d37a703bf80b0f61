#include "agent/command_answers.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "vipherd/base/join.hpp"
#include "vipherd/wire/json/status.hpp"

namespace vipherd::agent {
namespace {

using model::Command;
namespace command = model::command;
namespace scope = model::scope;

api::Response error(unsigned status, std::string_view message) {
  return {status, "application/json", wire::encode_error(message)};
}

}  // namespace

api::Response no_such_service(std::string_view name, const std::vector<std::string>& names) {
  constexpr std::size_t kMost = 20;
  std::string text = "there is no service \"" + std::string(name) + "\"";
  const auto some = std::span(names).first(std::min(kMost, names.size()));
  if (!some.empty()) text += "; there are: " + join(some);
  if (names.size() > kMost) text += " and " + std::to_string(names.size() - kMost) + " more";
  return error(404, text);
}

std::optional<api::Response> refuse(const core::Core& core, const Command& command, TimePoint now) {
  using Kind = core::Refusal::Kind;
  const auto refusal = core.refusal(command, now);
  if (!refusal) return std::nullopt;
  switch (refusal->kind) {
    case Kind::not_running:
      return error(503, refusal->reason);
    case Kind::no_such_vip:
      return error(404, refusal->reason);
    case Kind::no_such_service:
      return no_such_service(std::get<scope::Service>(scope_of(command)).name,
                             core.service_names());
    case Kind::not_now:
      return error(409, refusal->reason);
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
