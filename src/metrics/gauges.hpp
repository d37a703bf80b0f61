// A family of gauges, or of counts that were made elsewhere, written down once for one answer.
#pragma once

#include <prometheus/metric_family.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace vipherd::metrics {

using LabelPair = std::pair<std::string_view, std::string_view>;

class Gauges {
 public:
  Gauges(std::string name, std::string help) {
    family_.name = std::move(name);
    family_.help = std::move(help);
    family_.type = prometheus::MetricType::Gauge;
  }
  static Gauges of_counts(std::string name, std::string help) {
    Gauges counts(std::move(name), std::move(help));
    counts.family_.type = prometheus::MetricType::Counter;
    return counts;
  }
  Gauges& add(double value, std::initializer_list<LabelPair> labels = {}) {
    prometheus::ClientMetric& metric = family_.metric.emplace_back();
    metric.label.reserve(labels.size());
    for (const auto& [name, text] : labels) {
      metric.label.push_back({std::string(name), std::string(text)});
    }
    (family_.type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value) =
        value;
    return *this;
  }
  prometheus::MetricFamily take() { return std::move(family_); }

 private:
  prometheus::MetricFamily family_;
};

}  // namespace vipherd::metrics
