// What Prometheus is told that no status shows: how often and how long since the agent started.
// Fed in the loop. Plain values: of ten thousand checks and VIPs each part counts, so the names
// stand here once, and labels are made of them when a page is.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vipherd/base/duration.hpp"
#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/model/config.hpp"
#include "vipherd/model/event.hpp"
#include "vipherd/model/state_change.hpp"

namespace vipherd::metrics {

/// From a reaction of the agent to a change that other daemons confirm; in seconds.
inline constexpr std::array kShortTimes{0.0001, 0.0005, 0.001, 0.002, 0.005,
                                        0.01,   0.05,   0.1,   1.,    10.};
inline constexpr std::array kProbeTimes{0.001, 0.002, 0.005, 0.01, 0.025, 0.05,
                                        0.1,   0.25,  0.5,   1.,   5.};

/// How many took longer than one of the bounds and not longer than the next.
template <const auto& kBounds>
struct Histogram {
  std::array<std::uint64_t, kBounds.size() + 1> counts{};
  double seconds = 0;  ///< all together

  void observe(Duration duration) {
    const double took = std::chrono::duration<double>(duration).count();
    std::size_t bucket = 0;
    while (bucket < kBounds.size() && took > kBounds[bucket]) ++bucket;
    ++counts[bucket];
    seconds += took;
  }
};

/// How often something became what each word says. There are few.
class Changes {
 public:
  void count(std::string_view state);
  const std::vector<std::pair<std::string_view, std::uint64_t>>& all() const { return all_; }

 private:
  std::vector<std::pair<std::string_view, std::uint64_t>> all_;
};

struct CheckCounts {
  Histogram<kProbeTimes> probes;
  std::uint64_t passed = 0;
  std::uint64_t failed = 0;
  Changes changes;
};

class Counts {
 public:
  /// Forgets what was counted of checks, services and VIPs that are not configured any more.
  void keep_only(const model::Config& config);
  void probe_finished(const model::CheckId& check, const model::ProbeResult& result);
  /// `since`: when the event arrived that caused it.
  void changed(const model::StateChange& change, TimePoint since, TimePoint now);
  /// From the event that caused a change of routes to its being written to FRR.
  void route_change_sent(Duration reaction) { reaction_.observe(reaction); }
  /// How late the loop came to a timer.
  void loop_was_late(Duration lag) { lag_.observe(lag); }

  using ServiceVip = std::pair<std::string, IpAddress>;  ///< a reload may move a VIP
  const std::map<model::CheckId, CheckCounts>& checks() const { return checks_; }
  const std::map<std::string, Changes>& services() const { return services_; }
  const std::map<ServiceVip, Changes>& vips() const { return vips_; }
  const Changes& zebra() const { return zebra_; }
  const Histogram<kShortTimes>& reaction() const { return reaction_; }
  /// From what was detected to FRR having confirmed the withdrawal.
  const Histogram<kShortTimes>& withdraw() const { return withdraw_; }
  const Histogram<kShortTimes>& lag() const { return lag_; }

 private:
  std::map<model::CheckId, CheckCounts> checks_;
  std::map<std::string, Changes> services_;
  std::map<ServiceVip, Changes> vips_;
  Changes zebra_;
  Histogram<kShortTimes> reaction_;
  Histogram<kShortTimes> withdraw_;
  Histogram<kShortTimes> lag_;
  std::map<IpAddress, TimePoint> withdrawing_since_;
};

}  // namespace vipherd::metrics
