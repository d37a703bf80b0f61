#include "metrics/count_metrics.hpp"

#include <limits>
#include <numeric>

#include "metrics/samples.hpp"

namespace vipherd::metrics {
namespace {

using Families = std::vector<prometheus::MetricFamily>;
using prometheus::ClientMetric;

double as_double(std::uint64_t count) { return static_cast<double>(count); }

template <const auto& kBounds>
ClientMetric::Histogram collect(const Histogram<kBounds>& histogram) {
  ClientMetric::Histogram all;
  all.sample_sum = histogram.seconds;
  for (std::size_t bucket = 0; bucket <= kBounds.size(); ++bucket) {
    all.sample_count += histogram.counts[bucket];
    const double bound =
        bucket < kBounds.size() ? kBounds[bucket] : std::numeric_limits<double>::infinity();
    all.bucket.push_back({all.sample_count, bound});
  }
  return all;
}

template <const auto& kBounds>
void add_times(std::string name, std::string help, const Histogram<kBounds>& histogram,
               Families& families) {
  families.push_back(
      Samples::of_times(std::move(name), std::move(help)).add(collect(histogram)).take());
}

void add_checks(const Counts& counts, Families& families) {
  Samples seconds = Samples::of_times("vipherd_probe_duration_seconds",
                                      "How long the probes of a check took, whatever they found");
  Samples probes =
      Samples::of_counts("vipherd_probes_total", "Probes that finished, by what they found");
  Samples changes = Samples::of_counts("vipherd_check_transitions_total",
                                       "How often a check became what `to` says");
  for (const auto& [id, check] : counts.checks()) {
    if (check.passed + check.failed > 0) {
      seconds.add(collect(check.probes), {{"check", id.check}, {"service", id.service}});
    }
    for (const auto& [result, count] : {std::pair("fail", check.failed), {"pass", check.passed}}) {
      if (count == 0) continue;
      probes.add(as_double(count),
                 {{"check", id.check}, {"result", result}, {"service", id.service}});
    }
    for (const auto& [to, count] : check.changes.all()) {
      changes.add(as_double(count), {{"check", id.check}, {"service", id.service}, {"to", to}});
    }
  }
  for (Samples* family : {&seconds, &probes, &changes}) families.push_back(family->take());
}

void add_services(const Counts& counts, Families& families) {
  Samples changes = Samples::of_counts("vipherd_service_transitions_total",
                                       "How often a service became what `to` says");
  for (const auto& [service, all] : counts.services()) {
    for (const auto& [to, count] : all.all()) {
      changes.add(as_double(count), {{"service", service}, {"to", to}});
    }
  }
  families.push_back(changes.take());
}

void add_vips(const Counts& counts, Families& families) {
  Samples changes = Samples::of_counts("vipherd_vip_transitions_total",
                                       "How often the announcement of a VIP became what `to` says");
  for (const auto& [service_vip, all] : counts.vips()) {
    const std::string vip = service_vip.second.to_string();
    for (const auto& [to, count] : all.all()) {
      changes.add(as_double(count), {{"service", service_vip.first}, {"to", to}, {"vip", vip}});
    }
  }
  families.push_back(changes.take());
}

void add_node(const Counts& counts, Families& families) {
  Samples changes = Samples::of_counts("vipherd_zebra_transitions_total",
                                       "How often the session with FRR began and was lost");
  for (const auto& [to, count] : counts.zebra().all()) {
    changes.add(as_double(count), {{"to", to}});
  }
  families.push_back(changes.take());
  add_times("vipherd_reaction_seconds", "From what was detected to FRR having been told",
            counts.reaction(), families);
  add_times("vipherd_withdraw_seconds",
            "From what was detected to FRR having confirmed the withdrawal", counts.withdraw(),
            families);
  add_times("vipherd_event_loop_lag_seconds",
            "How late the event loop came to its own timer, at every heartbeat", counts.lag(),
            families);
}

}  // namespace

Families count_metrics(const Counts& counts) {
  Families families;
  add_checks(counts, families);
  add_services(counts, families);
  add_vips(counts, families);
  add_node(counts, families);
  return families;
}

}  // namespace vipherd::metrics
