#include "vipherd/metrics/counts.hpp"

#include <algorithm>
#include <set>

namespace vipherd::metrics {

using namespace model;

void Changes::count(std::string_view state) {
  const auto found =
      std::ranges::find(all_, state, &std::pair<std::string_view, std::uint64_t>::first);
  if (found != all_.end()) {
    ++found->second;
  } else {
    all_.emplace_back(state, 1);
  }
}

void Counts::keep_only(const Config& config) {
  std::set<CheckId> checks;
  std::set<std::string> services;
  std::set<ServiceVip> vips;
  for (const ServiceConfig& service : config.services) {
    services.insert(service.name);
    for (const IpAddress& vip : service.vips) vips.emplace(service.name, vip);
    for (const CheckConfig& check : service.checks) checks.insert({service.name, check.name});
  }
  const auto keep = [](auto& counted, const auto& configured) {
    std::erase_if(counted, [&](const auto& entry) { return !configured.contains(entry.first); });
  };
  keep(checks_, checks);
  keep(services_, services);
  keep(vips_, vips);
}

void Counts::probe_finished(const CheckId& check, const ProbeResult& result) {
  CheckCounts& counts = checks_[check];
  counts.probes.observe(result.latency);
  ++(result.pass ? counts.passed : counts.failed);
}

void Counts::changed(const StateChange& change, TimePoint since, TimePoint now) {
  switch (change.kind) {
    case StateChange::Kind::check:
      return checks_[{change.service, change.check}].changes.count(change.state);
    case StateChange::Kind::service:
      return services_[change.service].count(change.state);
    case StateChange::Kind::vip:
      if (change.state == "withdrawing") {
        withdrawing_since_[*change.vip] = since;
      } else if (const auto began = withdrawing_since_.extract(*change.vip); !began.empty()) {
        if (change.state == "withdrawn") withdraw_.observe(now - began.mapped());
      }
      if (change.service.empty()) return;  // not configured any more: nothing is counted of it
      return vips_[{change.service, *change.vip}].count(change.state);
    case StateChange::Kind::zebra:
      return zebra_.count(change.state);
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

}  // namespace vipherd::metrics
