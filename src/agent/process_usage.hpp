// What this process costs.
#pragma once

#include "vipherd/metrics/page.hpp"

namespace vipherd::agent {

/// Reads /proc, so it is called on a thread. What cannot be read is 0.
metrics::ProcessUsage read_process_usage();

}  // namespace vipherd::agent
