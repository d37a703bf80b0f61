// Everything the agent knows. Changed by Core::apply() alone. Observed facts (what the
// kernel and zebra hold) and the desired state (what services and operators ask for) stand side by
// side; each turn compares them and asks for what is missing.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/alarms.hpp"
#include "core/vip/state.hpp"
#include "vipherd/base/duration.hpp"
#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/core/core.hpp"
#include "vipherd/model/config.hpp"
#include "vipherd/model/event.hpp"

namespace vipherd::core {

using model::CheckHealth;

struct CheckState {
  std::shared_ptr<const model::CheckConfig> config;
  CheckHealth health = CheckHealth::undecided;
  Cause cause{{}, "no result yet"};
  /// The next result decides at once: no result yet under this definition of the check.
  bool fresh = true;
  std::uint32_t passes = 0;  ///< consecutive
  std::uint32_t fails = 0;   ///< consecutive
  std::uint64_t recent = 0;  ///< a bit a result while up, the newest lowest; 1: it failed
  std::optional<model::ProbeResult> last;
  TimePoint last_at{};
  std::uint64_t generation = 0;  ///< of the newest probe; results of older ones are stale
  bool in_flight = false;
  bool again = false;      ///< something happened during the probe in flight: probe again after it
  TimePoint alarmed_at{};  ///< when a watcher saw something last
  /// Each alarm moves this on by a while, from now or from where it is; far ahead of now there were
  /// too many.
  TimePoint alarms_until{};
  std::optional<TimePoint> put_off_to{};  ///< there were: the newest is to be probed for then
  TimePoint started{};
  std::optional<TimePoint> missing_since{};  ///< a VIP that it connects to is not on this node
  /// Regular probes start at this moment plus multiples of the interval: each check has another
  /// one, so that many checks do not fire together.
  TimePoint origin{};
  std::uint32_t phase = 0;  ///< the check's part of the interval, of 2^32
};

/// The penalty for flapping, as of `at`; it decays since then.
struct DampingState {
  double penalty = 0;
  TimePoint at{};
  bool held = false;  ///< the service is held down
};

struct ServiceState {
  std::shared_ptr<const model::ServiceConfig> config;
  CheckHealth health = CheckHealth::undecided;
  Cause cause{{}, "no result yet"};
  bool was_up = false;  ///< at some time of this run
  /// The health is from before a reload and holds until the new checks have spoken.
  bool outlived_reload = false;
  CheckHealth of_checks = CheckHealth::undecided;  ///< by the checks alone: without damping
  DampingState damping;
};

struct WatchState {
  model::WatchTarget target;
  model::WatchStep step = model::WatchStep::ended;
  bool is_on() const { return step != model::WatchStep::ended; }
  std::uint64_t generation = 0;
  TimePoint started{};
  std::uint32_t brief = 0;  ///< times in a row that it had nothing to watch soon after it began
  TimePoint not_before{};   ///< of the next try
  Cause cause{{}, "waiting for a probe that passes"};
};

struct SpeakerState {
  bool connected = false;
  std::uint64_t session = 0;
  Cause cause{{}, "not connected yet"};
  bool closed = false;      ///< by us, for good
  bool completed = false;   ///< this session was told everything
  bool resumed = false;     ///< what a predecessor announced is announced still
  TimePoint complete_at{};  ///< when to look next whether it was
};

struct KernelState {
  bool known = false;       ///< a snapshot has been seen
  bool reading = false;     ///< a snapshot is awaited
  bool read_again = false;  ///< the awaited snapshot will be out of date already
  TimePoint read_at{};      ///< when the last read was asked for
};

/// What is taken where the node stands, and what that means for the VIPs of the configuration.
struct SurroundingsState {
  std::vector<model::Neighbourhood> all;                 ///< as read last
  std::map<std::string, std::set<IpAddress>> bgp_peers;  ///< by VRF, as bgpd named them last
  std::map<IpAddress, std::string> refused{};            ///< must not be on this node, and why
  std::map<IpAddress, std::string> doubtful{};           ///< will hardly work, and why
};

/// By what a daemon is known to other routers, and what is wrong with that.
struct RouterIdState {
  model::Seen<model::RouterId> seen;  ///< the newest answer
  std::string error{};                ///< "ospfd's router id 10.10.10.10 is a VIP"; empty: none
  std::string remedy{};               ///< what comes of it, and what to do
};

/// The end of a drain or a disable that was given a time.
struct Expiry {
  model::Scope scope;
  bool disables = false;  ///< else it drains
  TimePoint at{};
};

struct State {
  std::shared_ptr<const model::Config> config;
  Phase phase = Phase::starting;
  Cause phase_cause;
  Cause config_cause;
  bool last_reload_failed = false;
  TimePoint stop_by{};  ///< while stopping
  KernelState kernel;
  SurroundingsState surroundings;
  std::map<std::pair<std::string, std::string>, RouterIdState> router_ids;  ///< by VRF and daemon
  SpeakerState speaker;
  std::map<std::string, ServiceState, std::less<>> services;
  std::map<model::CheckId, CheckState> checks;
  std::map<model::WatchId, WatchState> watches;
  std::map<IpAddress, VipState> vips;
  bool locals_changed = false;  ///< in this turn: which VIPs are local, or in which VRF
  /// As the relay was told last; nothing: it was not yet, or there is none.
  std::optional<std::vector<IpAddress>> relayed{};
  model::OperatorState operators;
  std::vector<Expiry> expiries;  ///< of what operators have said (core/expiry.hpp)
  TimePoint observe_slot{};      ///< of the last question planned; many do not ask at once
  bool handing_over = false;     ///< stopping, but everything stays for the successor
  std::uint64_t last_generation = 0;
  std::uint32_t checks_made = 0;  ///< gives each check its phase
  Alarms alarms;

  /// By the configuration, and no operator has disabled it.
  bool enables(const ServiceState& service) const {
    return service.config->enabled && !operators.disabled.contains(service.config->name);
  }
};

}  // namespace vipherd::core
