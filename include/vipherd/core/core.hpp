// All that the agent decides: apply(event, now) -> actions. Pure: no I/O, no clock, cannot
// fail. The order in which actions are returned is the order in which they must be carried out.
// What holds after every event:
//   1. attach is confirmed before announce; withdraw is confirmed before detach;
//   2. a VIP is announced only while its service is up;
//   3. nothing outside the configured pool is ever attached or announced;
//   4. what vipherd did not create it never removes;
//   5. after errors stop, the node converges in bounded time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vipherd/base/duration.hpp"
#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/model/action.hpp"
#include "vipherd/model/command.hpp"
#include "vipherd/model/event.hpp"
#include "vipherd/model/scope.hpp"
#include "vipherd/model/status.hpp"

namespace vipherd::core {

struct State;  // core/state.hpp, for the core itself and its tests

using model::Phase;

/// Why a command of an operator is not carried out.
struct Refusal {
  enum class Kind : std::uint8_t {
    not_running,  ///< the agent is starting, or stopping
    no_such_vip,
    no_such_service,
    not_now  ///< the guard, or the configuration, speaks against it
  };
  Kind kind = Kind::not_running;
  std::string reason;  ///< a sentence
};

/// What a command concerns.
struct Concerned {
  std::vector<std::string> services;
  std::vector<IpAddress> vips;
};

/// Counted without looking at anything but the VIPs' routes.
struct Summary {
  std::size_t vips = 0;
  std::size_t announced = 0;
  bool zebra_connected = false;
  bool reload_rejected = false;  ///< the last one
};

class Core {
 public:
  Core();
  ~Core();
  Core(Core&& other) noexcept;
  Core& operator=(Core&& other) noexcept;

  /// `now` must not run backwards.
  model::Actions apply(const model::Event& event, TimePoint now);
  /// When a TimersDue has to be applied; nullopt: only other events matter.
  std::optional<TimePoint> next_alarm() const;

  Phase phase() const;
  bool is_stopping() const;
  /// The configuration in force; null before the first.
  std::shared_ptr<const model::Config> config() const;
  bool has_vip(const IpAddress& vip) const;
  /// Of a VIP that it has; empty: the default one.
  const std::string& vrf_of(const IpAddress& vip) const;
  std::vector<std::string> service_names() const;
  Summary summary() const;
  /// Everything; `now` and `wall` are the same moment on the two clocks.
  model::Status status(TimePoint now, WallTime wall) const;

  /// Nothing if apply() would carry the command out.
  std::optional<Refusal> refusal(const model::Command& command, TimePoint now) const;
  Concerned concerned_by(const model::Scope& scope) const;

  /// For tests: what is believed, and in the simulator what ought to be.
  const State& state() const { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

}  // namespace vipherd::core
