// The agent's status as the result of a monitoring plugin (Monitoring Plugins Development
// Guidelines): one line, and one of four exit codes. Pure.
#pragma once

#include <string>

#include "vipherd/model/health.hpp"
#include "vipherd/model/status.hpp"

namespace vipherd::cli {

struct NagiosResult {
  int code = 3;      ///< 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN
  std::string line;  ///< "CRITICAL - text | services_up=1;;;0;2 ..."
};

/// CRITICAL if an operator has to act, WARNING if something is drained, disabled by an operator or
/// held: a service that is down everywhere and goes on being announced (on_all_down) is WARNING,
/// since it is served as well as it can be. With `strictness.notices` any notice is a WARNING.
NagiosResult nagios_result(const model::Status& status, const model::Strictness& strictness);
/// UNKNOWN.
NagiosResult nagios_unknown(const std::string& why);

}  // namespace vipherd::cli
