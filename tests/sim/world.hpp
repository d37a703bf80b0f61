// A fake world for the real core: a kernel, a zebra, services and people, all in virtual
// time and all driven by one seed. It delivers late, repeats, reorders, fails and forgets
// while `faults` is on, and is only slow when it is off.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <random>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "core/state.hpp"
#include "vipherd/model/action.hpp"
#include "vipherd/model/event.hpp"
#include "vipherd/model/operator_state.hpp"

namespace vipherd::sim {

/// Thrown when an invariant does not hold; the driver prints the seed.
struct Violation {
  std::string what;
};

class World {
 public:
  World(std::uint64_t seed, bool trace);

  /// Lets time pass with faults until `end`, then without, then demands convergence, then
  /// stops the agent and demands that nothing of it is left.
  void run();
  std::uint64_t steps() const { return steps_; }
  /// How often an event of each kind was delivered, by its index in model::Event.
  using Deliveries = std::array<std::uint64_t, std::variant_size_v<model::Event>>;
  const Deliveries& deliveries() const { return delivered_; }

 private:
  struct Later {
    TimePoint at;
    std::uint64_t order;
    std::function<void()> what;
    bool operator>(const Later& other) const {
      return std::tie(at, order) > std::tie(other.at, other.order);
    }
  };
  /// What the kernel's table local holds for an address.
  struct Local {
    bool ours = false;
    bool foreign = false;
  };
  /// What an observer outside the core saw of a check's results.
  struct Seen {
    std::deque<model::ProbeResult> results;  ///< delivered ones that were current and count
    std::uint64_t asked = 0;                 ///< generation of the probe in flight
    bool open = false;
  };

  // Chance.
  std::uint64_t below(std::uint64_t limit);
  bool chance(unsigned percent) { return below(100) < percent; }
  Duration between(std::int64_t low_ms, std::int64_t high_ms);
  /// The clock on the wall, which is never set.
  WallTime wall() const { return WallTime(now_.time_since_epoch()); }

  // Time.
  void later(Duration delay, std::function<void()> what);
  void in_order(TimePoint& tail, Duration delay, std::function<void()> what);
  void run_until(TimePoint end);

  // The agent.
  void start_agent();
  void crash_agent();
  void deliver(model::Event event);
  void deliver_later(Duration delay, model::Event event);
  struct Perform;
  void perform(const model::Action& action);
  void finish(bool clean);
  void fire_alarms();
  [[noreturn]] void violate(const std::string& what) const;
  void note(const std::string& what) const;

  // Probes.
  void start_probe(const model::action::StartProbe& probe);
  model::ProbeResult make_result(const model::CheckId& check);
  void take_delivered(const model::event::ProbeFinished& finished);
  bool counts(const model::event::ProbeFinished& finished) const;

  // Watchers.
  void start_watch(const model::action::StartWatch& watch);
  void stop_watch(const model::WatchId& watch);
  void wake_watchers(const model::CheckId& check);
  void tell_of_watch(Duration delay, const model::WatchId& watch, model::WatchStep then, bool news);
  void rave();

  // The kernel.
  model::KernelRoute kernel_route(const IpAddress& vip) const;
  void kernel_changed(const IpAddress& vip);
  void attach(const IpAddress& vip);
  void detach(const IpAddress& vip);
  void run_kernel_op(const IpAddress& vip, bool add);
  void read_kernel(const std::map<IpAddress, std::string>& interest);
  void overrun();
  void change_surroundings();

  // Zebra.
  void start_zebra();
  void kill_zebra();
  void connect_zebra();
  void announce(const model::action::Announce& announce);
  void withdraw(const IpAddress& vip);
  void inspect(const IpAddress& vip);
  void notify(const IpAddress& vip, model::RouteOutcome note);
  void close_session(const std::string& reason, bool keep = false);
  void forget_stale();
  void announced_all();

  // What the protocols' daemons and the kernel's sockets tell.
  void observe(const IpAddress& vip);
  void look_up_route(const IpAddress& vip);
  void count_connections(const IpAddress& vip);

  // Faults and people.
  void command();
  bool is_drained(const std::string& service, const IpAddress& vip) const;
  void schedule_mischief();
  void make_mischief();
  std::shared_ptr<const model::Config> make_config();
  void reload();
  void forget_changed_checks(const model::Config& before);

  // Judgement.
  void check_probe(const model::action::StartProbe& probe) const;
  void check_pace(const model::action::StartProbe& probe);
  void check_attach(const IpAddress& vip) const;
  void check_announce(const model::action::Announce& announce) const;
  void check_vrf(const IpAddress& vip, const std::string& vrf) const;
  void check_detach(const IpAddress& vip) const;
  void check_route(const model::ServiceConfig& service,
                   const model::action::Announce& announce) const;
  bool may_be_held(const model::ServiceConfig& service, const IpAddress& vip) const;
  bool may_be_up(const model::ServiceConfig& service) const;
  void check_standing();
  void check_relayed() const;
  bool is_relayed(const IpAddress& vip) const;
  bool is_unprobed(const model::CheckConfig& check) const;
  bool truly_healthy(const model::ServiceConfig& service) const;
  void demand_convergence();
  void demand_quick_return();
  void demand_nothing_left();

  std::mt19937_64 random_;
  /// The announcer is `connected`, which never changes in an agent's life.
  const bool connected_;
  const std::string vrf_;      ///< of all VIPs
  std::set<IpAddress> named_;  ///< by the configuration that was given last
  bool trace_;
  bool faults_ = true;
  std::uint64_t order_ = 0;
  std::uint64_t steps_ = 0;
  Deliveries delivered_{};
  TimePoint now_{std::chrono::seconds(1000)};
  TimePoint last_alarm_{};
  int alarms_at_once_ = 0;
  std::priority_queue<Later, std::vector<Later>, std::greater<>> queue_;

  // The agent: a life is one process; what was meant for an earlier life is not delivered.
  core::Core core_;
  bool alive_ = false;
  bool stopping_ = false;
  bool finished_ = false;
  bool finished_clean_ = false;
  std::uint64_t life_ = 0;
  std::shared_ptr<const model::Config> config_;  ///< what is in force, and what restarts use
  std::set<std::string> held_;                   ///< services whose health outlived a reload
  model::OperatorState operators_;               ///< their words, as remembered
  std::map<IpAddress, TimePoint> drained_since_;
  std::map<IpAddress, TimePoint> held_at_;  ///< when policy last allowed what is down
  std::set<IpAddress> drain_gone_;          ///< drained, and withdrawn since

  std::map<model::CheckId, bool> healthy_;
  std::map<model::CheckId, Seen> seen_;
  struct Watched {
    std::uint64_t generation = 0;
    model::WatchStep step = model::WatchStep::watching;
  };
  std::map<model::WatchId, Watched> watches_;
  std::map<model::CheckId, std::deque<TimePoint>> probed_;  ///< within the last second
  std::deque<TimePoint> commands_;                          ///< the same of what makes checks probe

  std::vector<IpAddress> relayed_;  ///< as the relay was told last
  std::map<IpAddress, Local> local_;
  std::map<IpAddress, model::KernelRoute> told_;  ///< what the core was last told
  std::set<IpAddress> taken_;  ///< addresses of neighbours, as the core was last told
  TimePoint monitor_tail_{};
  std::uint64_t monitor_epoch_ = 0;  ///< an overrun loses what is on its way
  TimePoint request_tail_{};
  bool dumping_ = false;
  std::vector<std::function<void()>> after_dump_;
  std::vector<model::Event> monitor_backlog_;

  bool zebra_up_ = false;
  std::uint64_t session_ = 0;  ///< 0: none
  std::uint64_t last_session_ = 0;
  std::map<IpAddress, model::RouteAttributes> rib_;
  std::set<IpAddress> stale_;  ///< of rib_: handed over, and not told again yet
  /// What was told of other nodes, and when.
  std::map<IpAddress, std::pair<std::optional<std::uint32_t>, TimePoint>> others_told_;
  bool vty_dead_ = false;              ///< zebra can never be asked, in all of this history
  std::set<IpAddress> withdraw_sent_;  ///< since the last announce
  std::map<std::string, TimePoint> down_since_;  ///< services that cannot be up
  std::set<IpAddress> other_route_wins_;
  std::map<IpAddress, std::uint64_t> on_the_way_;  ///< announces zebra has not come to yet
  TimePoint zebra_tail_{};
  std::map<IpAddress, TimePoint> note_tail_;
};

}  // namespace vipherd::sim
