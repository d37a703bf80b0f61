// Whether all is well, with the node and with each of its services: the one evaluation behind
// /health, /health/SERVICE and the exit code of `vipherd status`. Pure, and made of the status
// alone, so that the command says the same as the agent. The table "What is healthy" of
// docs/operations.md lists every situation; a test compares the two.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "vipherd/model/problem.hpp"
#include "vipherd/model/status.hpp"

namespace vipherd::model {

enum class HealthState : std::uint8_t {
  healthy,
  drained,   ///< nothing is wrong, but something was taken out on purpose
  unhealthy  ///< there is a problem
};
std::string_view to_string(HealthState state);

struct Health {
  HealthState state = HealthState::unhealthy;
  /// Notices among them; where it is drained there is one. What is of a service names it.
  std::vector<Problem> problems;
};

/// Of the node and of each service at the same moment.
struct HealthReport {
  Health node;
  std::map<std::string, Health, std::less<>> services;
};

/// A service answers for its checks and its VIPs, and for what stops every service: an agent that
/// is not running, a zebra that is not connected. What else the agent lacks (its endpoint, its
/// state file, a reload that was rejected) is the node's alone. A service that the configuration
/// disables is drained, but does not make the node so: it is meant to be like that for good.
HealthReport report_health(const Status& status);
/// Of the node.
Health evaluate(const Status& status);

/// What counts as a failure.
struct Strictness {
  bool problems = true;  ///< any problem
  bool drained = false;  ///< the state "drained"
  bool notices = false;  ///< any notice; whatever is drained has one
  friend bool operator==(const Strictness&, const Strictness&) = default;
};
bool is_failure(const Health& health, const Strictness& strictness = {});

}  // namespace vipherd::model
