// What Prometheus is told: what has been counted since the agent started, and the state as a status
// shows it. Counts are fed from the loop; the text is made on whatever thread: with many VIPs that
// takes a while.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "vipherd/base/duration.hpp"
#include "vipherd/model/config.hpp"
#include "vipherd/model/event.hpp"
#include "vipherd/model/state_change.hpp"
#include "vipherd/model/status.hpp"

namespace vipherd::metrics {

/// What this process costs, as the kernel says; made by the agent.
struct ProcessUsage {
  double cpu_seconds = 0;
  double resident_bytes = 0;
  double start_time = 0;  ///< seconds since 1970
  double open_descriptors = 0;
  double most_descriptors = 0;
};

class Exporter {
 public:
  Exporter();
  ~Exporter();
  Exporter(const Exporter&) = delete;
  Exporter& operator=(const Exporter&) = delete;

  // ---- in the loop

  /// Forgets what was counted of checks, services and VIPs that are not configured any more.
  void keep_only(const model::Config& config);
  void probe_finished(const model::CheckId& check, const model::ProbeResult& result);
  /// `since`: when the event arrived that caused it.
  void changed(const model::StateChange& change, TimePoint since, TimePoint now);
  /// From the event that caused a change of routes to its being written to FRR.
  void route_change_sent(Duration reaction);
  /// How late the loop came to a timer.
  void loop_was_late(Duration lag);

  // ---- on any thread

  /// The Prometheus text format 0.0.4.
  std::string render(const model::Status& status, const ProcessUsage& usage) const;

  static constexpr const char* kContentType = "text/plain; version=0.0.4; charset=utf-8";

 private:
  struct Counts;
  std::unique_ptr<Counts> counts_;
};

}  // namespace vipherd::metrics
