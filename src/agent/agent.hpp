// Joins the pure core to the world: queues events, lets the core decide, carries out the
// actions in order. One thread, one io_context; decides nothing itself.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/config_reader.hpp"
#include "agent/event_streams.hpp"
#include "agent/health_answers.hpp"
#include "agent/history.hpp"
#include "agent/history_file.hpp"
#include "agent/listener.hpp"
#include "agent/metrics_page.hpp"
#include "agent/recent_results.hpp"
#include "agent/relay/relay.hpp"
#include "agent/service_manager.hpp"
#include "agent/state_keeper.hpp"
#include "agent/wall_clock.hpp"
#include "vipherd/agent/run.hpp"
#include "vipherd/api/routes.hpp"
#include "vipherd/api/server.hpp"
#include "vipherd/core/core.hpp"
#include "vipherd/frr/announcer.hpp"
#include "vipherd/frr/observer.hpp"
#include "vipherd/kernel/attacher.hpp"
#include "vipherd/kernel/connections.hpp"
#include "vipherd/kernel/owner_lock.hpp"
#include "vipherd/kernel/surroundings.hpp"
#include "vipherd/model/action.hpp"
#include "vipherd/model/event.hpp"
#include "vipherd/model/status.hpp"
#include "vipherd/probe/prober.hpp"
#include "vipherd/watch/watcher.hpp"

namespace vipherd::agent {

/// Why an agent must not run: "another vipherd in this network namespace has the routes of …".
std::string another_agent(std::uint8_t route_protocol);

class Agent {
 public:
  /// `lock` is that of the configuration's route protocol; without it the agent tries to get it.
  Agent(boost::asio::io_context& io, RunOptions options, model::Config config,
        std::optional<kernel::OwnerLock> lock);

  /// Fails with a sentence if there is no kernel to tell anything to. Everything else can come
  /// later or not at all: the agent then runs without it, and says so.
  Result<void> start();
  /// After io.run() has returned.
  int exit_code() const { return exit_code_; }
  /// After that: waits, at most this long, for what is being written down.
  void end_writing(Duration limit) {
    keeper_.end(limit);
    history_file_.end(limit);
  }

 private:
  static TimePoint now() { return std::chrono::steady_clock::now(); }
  struct Queued {
    model::Event event;
    TimePoint since;
  };

  void post(model::Event event);
  void take_now(model::Event event);
  void drain();
  void settle();
  /// `since`: when the event arrived that caused it.
  void perform(model::Action action, TimePoint since);
  void arm_timer();
  void wait_for_signal();
  void reload();
  void on_config_read(config::Loaded loaded);
  void heartbeat();
  void watch_log();
  void watch_lock();
  void tell_phase();
  void tell_status();
  void finish(bool clean);
  model::Status status() const;
  /// Of a part of the agent ("endpoint"), until it is cleared: shown in status and /health.
  void set_problem(const std::string& part, model::Severity severity, std::string text);
  void clear_problem(const std::string& part);
  template <class Value>
  struct Cached {
    Value value;
    TimePoint valid_until{};
  };
  template <class Value, class Make>
  static const Value& cached(Cached<Value>& cache, const Make& make);
  void answer_health(const api::call::Health& health, const api::Reply& reply) const;
  api::Response make_status_answer(bool recent = false) const;
  /// A line for the log and for the history.
  void tell(model::LogLevel level, const std::string& text,
            const std::optional<model::StateChange>& change = std::nullopt);
  void remember(model::LogLevel level, const std::string& text,
                const std::optional<model::StateChange>& change);
  void begin_history(HistoryFile::Entries earlier);
  void keep(model::HistoryEntry entry);
  void reload_by_request(const std::string& by, const api::Reply& reply);
  void on_slow_reading(const std::string& why);
  void answer_all(const std::vector<api::Reply>& waiting, const api::Response& response);
  void forget_answers();
  void answer_events(const api::call::Events& wanted, const api::Reply& reply) const;
  void open_endpoints();
  void report(const std::string& part, const std::string& what,
              const std::optional<std::string>& why);
  void use(const model::Config& config);
  void look_around();
  void read_what_was_asked_for();
  void on_kept(const Kept& kept);
  bool was_handed_over() const;
  /// Tells `leaving` whether there is a mark for the successor, or why not.
  void leave_hand_over_mark(std::function<void(Result<void>)> leaving);
  void hand_over_by_signal();
  void hand_over_by_request(const std::string& by, const api::Reply& reply);
  void complain_of_shortage(const model::Config& config);
  void answer(const api::Request& request, const api::Reply& reply);
  void carry_out(const api::Call& call, const api::Request& request, const api::Reply& reply);
  void observe_by_request(const IpAddress& vip, const api::Reply& reply);
  void tell_observed(const IpAddress& vip);
  void execute(const model::Command& command, const std::string& by, const api::Reply& reply);

  boost::asio::io_context& io_;
  RunOptions options_;
  std::optional<kernel::OwnerLock> lock_;
  const std::uint64_t descriptor_limit_;
  std::shared_ptr<const model::Config> first_config_;
  core::Core core_;
  std::vector<Queued> queue_;
  bool drain_scheduled_ = false;
  std::map<std::string, model::Problem> problems_;  ///< by part
  struct Noted {
    model::action::Note note;
    TimePoint since;  ///< when the event arrived that caused it
  };
  std::deque<Noted> notes_;  ///< to be logged when everything was sent

  boost::asio::signal_set signals_;
  boost::asio::steady_timer timer_;
  std::optional<TimePoint> timer_at_;
  boost::asio::steady_timer heartbeat_;
  ServiceManager manager_;
  std::optional<Duration> watchdog_;
  core::Phase told_phase_ = core::Phase::starting;
  std::string told_status_;

  /// From the queueing of the event that caused it to the route change being written to FRR.
  std::optional<Duration> last_reaction_;
  std::optional<TimePoint> route_change_since_;

  std::unique_ptr<kernel::Attacher> kernel_;
  std::unique_ptr<kernel::ConnectionCounter> connections_;
  std::unique_ptr<frr::Announcer> announcer_;
  std::unique_ptr<frr::Observer> observer_;
  std::unique_ptr<probe::Prober> prober_;
  std::unique_ptr<watch::Watcher> watcher_;
  std::unique_ptr<Relay> relay_;
  std::unique_ptr<Listener> endpoint_;
  /// With limits of its own: clients of the endpoint cannot lock the operator out.
  std::unique_ptr<Listener> control_;
  std::multimap<IpAddress, api::Reply> awaiting_observation_;
  mutable WallClock wall_clock_;
  mutable Cached<HealthAnswers> health_;
  mutable Cached<api::Response> status_;
  mutable Cached<api::Response> status_with_results_;
  MetricsPage metrics_;
  RecentResults recent_;
  History history_;
  EventStreams streams_{history_};
  HistoryFile history_file_;
  /// What happens before the history of the agent before has been read; none: it has.
  std::optional<std::vector<model::HistoryEntry>> early_{std::in_place};
  bool telling_ = false;  ///< of what is new in the history, in a moment
  TimePoint pinged_at_{};
  std::vector<api::Reply> awaiting_reload_;
  StateKeeper keeper_;
  files::Worker marker_;  ///< writes the mark of a hand-over
  boost::asio::steady_timer mark_limit_;
  ConfigReader reader_;
  int exit_code_ = 0;
};

}  // namespace vipherd::agent
