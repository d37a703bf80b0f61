// The last results of each check, for operators who want to see how it went.
#pragma once

#include <cstddef>
#include <deque>
#include <map>

#include "vipherd/model/config.hpp"
#include "vipherd/model/event.hpp"
#include "vipherd/model/status.hpp"

namespace vipherd::agent {

class RecentResults {
 public:
  void add(const model::CheckId& check, const model::ProbeResult& result);
  /// Forgets checks that are no longer configured.
  void keep_only(const model::Config& config);
  /// Puts them into the status of each check, oldest first.
  void show_in(model::Status& status) const;

 private:
  static constexpr std::size_t kMost = 30;
  std::map<model::CheckId, std::deque<model::CheckStatus::Recent>> results_;
};

}  // namespace vipherd::agent
