// Reads the running configuration of FRR's daemons. Changes nothing.
#pragma once

#include <string>

#include "vipherd/base/duration.hpp"
#include "vipherd/base/result.hpp"
#include "vipherd/model/config.hpp"

namespace vipherd::frr {

/// What zebra and every routing daemon that runs answer to `show running-config` over their VTY
/// sockets, one after the other; what vtysh shows, but unsorted. Blocks, at most for `limit` for
/// each answer. Fails with a sentence if zebra does not answer, or if another one runs and does
/// not.
Result<std::string> read_running_config(const model::FrrConfig& config, Duration limit);

}  // namespace vipherd::frr
