#include "agent/recent_results.hpp"

#include <algorithm>
#include <cstdint>
#include <set>
#include <utility>

namespace vipherd::agent {

void RecentResults::add(const model::CheckId& check, const model::ProbeResult& result) {
  Results& results = results_.try_emplace(check, kMost).first->second;
  const auto latency = std::chrono::duration_cast<std::chrono::microseconds>(result.latency);
  const auto microseconds = std::clamp<std::int64_t>(latency.count(), 0, INT32_MAX);
  // In place of the oldest if it is full.
  results.push_back({result.pass, static_cast<std::uint32_t>(microseconds) & INT32_MAX});
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
      if (found == results_.end()) continue;
      check.recent.clear();
      for (const Result& result : found->second) {
        check.recent.push_back({result.pass != 0, std::chrono::microseconds(result.microseconds)});
      }
    }
  }
}

}  // namespace vipherd::agent
