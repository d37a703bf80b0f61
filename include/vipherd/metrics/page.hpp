// The page that Prometheus reads. Made on any thread: with many VIPs that takes a while.
#pragma once

#include <string>

#include "vipherd/metrics/counts.hpp"
#include "vipherd/model/status.hpp"

namespace vipherd::metrics {

/// What this process costs, as the kernel says; made by the agent.
struct ProcessUsage {
  double cpu_seconds = 0;
  double resident_bytes = 0;
  double start_time = 0;  ///< seconds since 1970
  double open_descriptors = 0;
  double most_descriptors = 0;
};

/// The Prometheus text format 0.0.4.
std::string make_page(const Counts& counts, const model::Status& status, const ProcessUsage& usage);

inline constexpr const char* kContentType = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace vipherd::metrics
