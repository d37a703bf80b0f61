#include "agent/recent_results.hpp"

#include <set>
#include <utility>

namespace vipherd::agent {

void RecentResults::add(const model::CheckId& check, const model::ProbeResult& result) {
  auto& results = results_[check];
  if (results.size() >= kMost) results.pop_front();
  results.push_back({result.pass, result.latency});
}

void RecentResults::keep_only(const model::Config& config) {
  std::set<model::CheckId> configured;
  for (const model::ServiceConfig& service : config.services) {
    for (const model::CheckConfig& check : service.checks) {
      configured.insert({service.name, check.name});
    }
  }
  std::erase_if(results_, [&](const auto& entry) { return !configured.contains(entry.first); });
}

void RecentResults::show_in(model::Status& status) const {
  for (model::ServiceStatus& service : status.services) {
    for (model::CheckStatus& check : service.checks) {
      const auto found = results_.find({service.name, check.name});
      if (found != results_.end()) check.recent.assign(found->second.begin(), found->second.end());
    }
  }
}

}  // namespace vipherd::agent
