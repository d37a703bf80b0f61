// Removes from FRR's running configuration what a dead agent with the vty announcer left there.
#pragma once

#include <cstddef>
#include <string>

#include "vipherd/base/duration.hpp"
#include "vipherd/model/config.hpp"

namespace vipherd::frr {

struct VtyCleanup {
  std::size_t removed = 0;  ///< statements and entries
  std::string problem;      ///< of daemons that run but could not be told in time; empty if none
};
/// Blocks, at most for `limit`. A daemon that does not run holds nothing.
VtyCleanup remove_vty_lines(const model::FrrConfig& config, Duration limit);

}  // namespace vipherd::frr
