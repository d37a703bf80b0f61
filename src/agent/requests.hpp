// What a request to the endpoint or to the control socket asks for. Pure: reads the request and
// the state, changes nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "vipherd/api/server.hpp"
#include "vipherd/core/core.hpp"
#include "vipherd/model/command.hpp"
#include "vipherd/model/health.hpp"
#include "vipherd/wire/control_json.hpp"

namespace vipherd::agent {

/// /health, or /health/SERVICE.
struct HealthPage {
  std::string service;  ///< empty: the node
  model::Strictness strictness;
};

/// /v1/status
struct StatusPage {};

/// Stop, and leave everything announced for the next agent.
struct HandOver {};

/// Ask FRR's daemons now what they hold of the VIP, and show the status that follows.
struct ObserveVip {
  IpAddress vip;
};

/// A page to show, a command to execute, or the answer to a request that is neither.
using Request =
    std::variant<HealthPage, StatusPage, model::Command, HandOver, ObserveVip, api::Response>;

/// By method, path and query alone:
///   GET  /health, /health/SERVICE, /v1/status
///   POST /v1/probe, drain, resume, weight, hand-over;
///        /v1/services/NAME/probe, disable, enable, clear-damping, drain, resume, weight;
///        /v1/vips/ADDRESS/drain, resume, observe
/// Each segment of the path is percent-decoded, once, after it was cut out.
Request understand(const api::Request& request);

/// 404, with the names that there are.
api::Response no_such_service(std::string_view name, const std::vector<std::string>& names);

/// Why the command cannot be executed now: there is no such service, for instance.
std::optional<api::Response> refuse(const core::Core& core, const model::Command& command,
                                    TimePoint now);

/// What is answered to a command: itself, and the services and VIPs that it concerns.
wire::Reached reached(const core::Core& core, const model::Command& command);

}  // namespace vipherd::agent
