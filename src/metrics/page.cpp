#include "vipherd/metrics/page.hpp"

#include <prometheus/text_serializer.h>

#include <iterator>
#include <sstream>
#include <utility>

#include "metrics/count_metrics.hpp"
#include "metrics/samples.hpp"
#include "metrics/status_metrics.hpp"

namespace vipherd::metrics {

std::string make_page(const Counts& counts, const model::Status& status,
                      const ProcessUsage& usage) {
  std::vector<prometheus::MetricFamily> families = status_metrics(status);
  std::vector<prometheus::MetricFamily> counted = count_metrics(counts);
  std::move(counted.begin(), counted.end(), std::back_inserter(families));
  // In the names that every client library gives them.
  families.push_back(
      Samples::of_counts("process_cpu_seconds_total", "Processor time, user and system")
          .add(usage.cpu_seconds)
          .take());
  const auto add = [&](const char* name, const char* help, double value) {
    families.push_back(Samples(name, help).add(value).take());
  };
  add("process_resident_memory_bytes", "Memory that is in use", usage.resident_bytes);
  add("process_start_time_seconds", "When the agent was started, since 1970", usage.start_time);
  add("process_open_fds", "Open file descriptors", usage.open_descriptors);
  add("process_max_fds", "How many there may be", usage.most_descriptors);
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, families);
  return std::move(text).str();
}

}  // namespace vipherd::metrics
