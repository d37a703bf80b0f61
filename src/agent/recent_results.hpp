// The last results of each check, for operators who want to see how it went.
#pragma once

#include <boost/circular_buffer.hpp>
#include <cstddef>
#include <cstdint>
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
  /// As precise as it is shown, and small: there may be ten thousand checks. Longer than half an
  /// hour is half an hour.
  struct Result {
    std::uint32_t pass : 1;
    std::uint32_t microseconds : 31;
  };
  using Results = boost::circular_buffer<Result>;
  std::map<model::CheckId, Results> results_;
};

}  // namespace vipherd::agent
