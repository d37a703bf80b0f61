// The samples of one family, written down for one answer: gauges, or counts and times that were
// counted elsewhere.
#pragma once

#include <prometheus/metric_family.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace vipherd::metrics {

using LabelPair = std::pair<std::string_view, std::string_view>;
using Labels = std::initializer_list<LabelPair>;

class Samples {
 public:
  /// Of gauges.
  Samples(std::string name, std::string help) {
    family_.name = std::move(name);
    family_.help = std::move(help);
    family_.type = prometheus::MetricType::Gauge;
  }
  static Samples of_counts(std::string name, std::string help) {
    Samples counts(std::move(name), std::move(help));
    counts.family_.type = prometheus::MetricType::Counter;
    return counts;
  }
  static Samples of_times(std::string name, std::string help) {
    Samples times(std::move(name), std::move(help));
    times.family_.type = prometheus::MetricType::Histogram;
    return times;
  }
  Samples& add(prometheus::ClientMetric::Histogram times, Labels labels = {}) {
    add(labels).histogram = std::move(times);
    return *this;
  }
  Samples& add(double value, Labels labels = {}) {
    prometheus::ClientMetric& metric = add(labels);
    (family_.type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value) =
        value;
    return *this;
  }
  prometheus::MetricFamily take() { return std::move(family_); }

 private:
  prometheus::ClientMetric& add(Labels labels) {
    prometheus::ClientMetric& metric = family_.metric.emplace_back();
    metric.label.reserve(labels.size());
    for (const auto& [name, text] : labels) {
      metric.label.push_back({std::string(name), std::string(text)});
    }
    return metric;
  }

  prometheus::MetricFamily family_;
};

}  // namespace vipherd::metrics
