// The state of everything as samples.
#pragma once

#include <prometheus/metric_family.h>

#include <vector>

#include "vipherd/model/status.hpp"

namespace vipherd::metrics {

std::vector<prometheus::MetricFamily> status_metrics(const model::Status& status);

}  // namespace vipherd::metrics
