#include "vipherd/metrics/exporter.hpp"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <iterator>
#include <set>
#include <sstream>
#include <utility>

#include "metrics/gauges.hpp"
#include "metrics/status_metrics.hpp"

namespace vipherd::metrics {
namespace {

using namespace model;
using prometheus::Counter;
using prometheus::Family;
using prometheus::Histogram;
using Buckets = Histogram::BucketBoundaries;

double in_seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

/// From a reaction of the agent to a change that other daemons confirm.
const Buckets& short_times() {
  static const Buckets buckets{0.0001, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 1, 10};
  return buckets;
}
const Buckets& probe_times() {
  static const Buckets buckets{0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5};
  return buckets;
}

/// The values of one label set, by what they are of.
template <class Key, class Metric>
using Series = std::map<Key, Metric*>;

}  // namespace

struct Exporter::Counts {
  prometheus::Registry registry;
  Family<Histogram>& probe_seconds =
      prometheus::BuildHistogram()
          .Name("vipherd_probe_duration_seconds")
          .Help("How long the probes of a check took, whatever they found")
          .Register(registry);
  Family<Counter>& probes = prometheus::BuildCounter()
                                .Name("vipherd_probes_total")
                                .Help("Probes that finished, by what they found")
                                .Register(registry);
  Family<Counter>& check_changes = prometheus::BuildCounter()
                                       .Name("vipherd_check_transitions_total")
                                       .Help("How often a check became what `to` says")
                                       .Register(registry);
  Family<Counter>& service_changes = prometheus::BuildCounter()
                                         .Name("vipherd_service_transitions_total")
                                         .Help("How often a service became what `to` says")
                                         .Register(registry);
  Family<Counter>& vip_changes =
      prometheus::BuildCounter()
          .Name("vipherd_vip_transitions_total")
          .Help("How often the announcement of a VIP became what `to` says")
          .Register(registry);
  Family<Counter>& zebra_changes = prometheus::BuildCounter()
                                       .Name("vipherd_zebra_transitions_total")
                                       .Help("How often the session with FRR began and was lost")
                                       .Register(registry);
  Histogram& reaction = prometheus::BuildHistogram()
                            .Name("vipherd_reaction_seconds")
                            .Help("From what was detected to FRR having been told")
                            .Register(registry)
                            .Add({}, short_times());
  Histogram& withdraw = prometheus::BuildHistogram()
                            .Name("vipherd_withdraw_seconds")
                            .Help("From what was detected to FRR having confirmed the withdrawal")
                            .Register(registry)
                            .Add({}, short_times());
  Histogram& lag = prometheus::BuildHistogram()
                       .Name("vipherd_event_loop_lag_seconds")
                       .Help("How late the event loop came to its own timer, at every heartbeat")
                       .Register(registry)
                       .Add({}, short_times());

  Series<CheckId, Histogram> seconds_of;
  Series<std::pair<CheckId, bool>, Counter> probes_of;
  using ChangeKey = std::pair<std::string, std::string>;  ///< labels of what changes, state
  Series<std::pair<CheckId, std::string>, Counter> changes_of_check;
  Series<ChangeKey, Counter> changes_of_service;
  using ServiceVip = std::pair<std::string, IpAddress>;  ///< a reload may move a VIP
  Series<std::pair<ServiceVip, std::string>, Counter> changes_of_vip;
  std::map<IpAddress, TimePoint> withdrawing_since;

  template <class Key, class Metric>
  static void drop_unless(Series<Key, Metric>& series, Family<Metric>& family, const auto& keep) {
    std::erase_if(series, [&](const auto& entry) {
      const bool drop = !keep(entry.first);
      if (drop) family.Remove(entry.second);
      return drop;
    });
  }
};

Exporter::Exporter() : counts_(std::make_unique<Counts>()) {}
Exporter::~Exporter() = default;

void Exporter::keep_only(const Config& config) {
  std::set<CheckId> checks;
  std::set<std::string> services;
  std::set<Counts::ServiceVip> vips;
  for (const ServiceConfig& service : config.services) {
    services.insert(service.name);
    for (const IpAddress& vip : service.vips) vips.emplace(service.name, vip);
    for (const CheckConfig& check : service.checks) checks.insert({service.name, check.name});
  }
  Counts& all = *counts_;
  const auto has_check = [&](const auto& key) { return checks.contains(key.first); };
  Counts::drop_unless(all.seconds_of, all.probe_seconds,
                      [&](const CheckId& id) { return checks.contains(id); });
  Counts::drop_unless(all.probes_of, all.probes, has_check);
  Counts::drop_unless(all.changes_of_check, all.check_changes, has_check);
  Counts::drop_unless(all.changes_of_service, all.service_changes,
                      [&](const auto& key) { return services.contains(key.first); });
  Counts::drop_unless(all.changes_of_vip, all.vip_changes,
                      [&](const auto& key) { return vips.contains(key.first); });
}

void Exporter::probe_finished(const CheckId& check, const ProbeResult& result) {
  Counts& all = *counts_;
  Histogram*& seconds = all.seconds_of[check];
  if (seconds == nullptr) {
    seconds =
        &all.probe_seconds.Add({{"service", check.service}, {"check", check.check}}, probe_times());
  }
  seconds->Observe(in_seconds(result.latency));
  Counter*& found = all.probes_of[{check, result.pass}];
  if (found == nullptr) {
    found = &all.probes.Add({{"service", check.service},
                             {"check", check.check},
                             {"result", result.pass ? "pass" : "fail"}});
  }
  found->Increment();
}

void Exporter::changed(const StateChange& change, TimePoint since, TimePoint now) {
  Counts& all = *counts_;
  const std::string to(change.state);
  switch (change.kind) {
    case StateChange::Kind::check: {
      Counter*& count = all.changes_of_check[{{change.service, change.check}, to}];
      if (count == nullptr) {
        count = &all.check_changes.Add(
            {{"service", change.service}, {"check", change.check}, {"to", to}});
      }
      return count->Increment();
    }
    case StateChange::Kind::service: {
      Counter*& count = all.changes_of_service[{change.service, to}];
      if (count == nullptr) {
        count = &all.service_changes.Add({{"service", change.service}, {"to", to}});
      }
      return count->Increment();
    }
    case StateChange::Kind::vip: {
      if (change.state == "withdrawing") {
        all.withdrawing_since[*change.vip] = since;
      } else if (const auto began = all.withdrawing_since.extract(*change.vip); !began.empty()) {
        if (change.state == "withdrawn") all.withdraw.Observe(in_seconds(now - began.mapped()));
      }
      if (change.service.empty()) return;  // not configured any more: nothing is counted of it
      Counter*& count = all.changes_of_vip[{{change.service, *change.vip}, to}];
      if (count == nullptr) {
        count = &all.vip_changes.Add(
            {{"service", change.service}, {"vip", change.vip->to_string()}, {"to", to}});
      }
      return count->Increment();
    }
    case StateChange::Kind::zebra:
      return all.zebra_changes.Add({{"to", to}}).Increment();
    case StateChange::Kind::attachment:
    case StateChange::Kind::command:
    case StateChange::Kind::config:
    case StateChange::Kind::agent:
    case StateChange::Kind::relay:
    case StateChange::Kind::sibling:
    case StateChange::Kind::remark:
      return;
  }
}

void Exporter::route_change_sent(Duration reaction) {
  counts_->reaction.Observe(in_seconds(reaction));
}

void Exporter::loop_was_late(Duration lag) { counts_->lag.Observe(in_seconds(lag)); }

std::string Exporter::render(const Status& status, const ProcessUsage& usage) const {
  std::vector<prometheus::MetricFamily> families = status_metrics(status);
  std::vector<prometheus::MetricFamily> counted = counts_->registry.Collect();
  std::move(counted.begin(), counted.end(), std::back_inserter(families));
  // In the names that every client library gives them.
  prometheus::MetricFamily cpu =
      Gauges("process_cpu_seconds_total", "Processor time, user and system").take();
  cpu.type = prometheus::MetricType::Counter;
  cpu.metric.emplace_back().counter.value = usage.cpu_seconds;
  families.push_back(std::move(cpu));
  const auto add = [&](const char* name, const char* help, double value) {
    families.push_back(Gauges(name, help).add(value).take());
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
