// What has been counted, as Prometheus' families.
#pragma once

#include <prometheus/metric_family.h>

#include <vector>

#include "vipherd/metrics/counts.hpp"

namespace vipherd::metrics {

std::vector<prometheus::MetricFamily> count_metrics(const Counts& counts);

}  // namespace vipherd::metrics
