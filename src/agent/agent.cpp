#include "agent/agent.hpp"

#include <boost/asio/post.hpp>
#include <csignal>
#include <set>
#include <utility>

#include "agent/log.hpp"
#include "agent/service_manager.hpp"
#include "vipherd/agent/config_files.hpp"
#include "vipherd/agent/descriptors.hpp"
#include "vipherd/agent/state_files.hpp"
#include "vipherd/base/overloaded.hpp"
#include "vipherd/core/core.hpp"
#include "vipherd/probe/kinds.hpp"
#include "vipherd/wire/json/control.hpp"
#include "vipherd/wire/json/status.hpp"

namespace vipherd::agent {
namespace {

using namespace model;

/// Feeds the status line of `systemctl status`, and the watchdog if its limit is longer.
constexpr Duration kIdleHeartbeat = std::chrono::seconds(5);
/// Of the clients that follow the events.
constexpr Duration kPingEvery = std::chrono::seconds(15);

}  // namespace

std::string another_agent(std::uint8_t route_protocol) {
  return "another vipherd in this network namespace has the routes of protocol " +
         std::to_string(route_protocol) + " (vips.route_protocol)";
}

Agent::Agent(boost::asio::io_context& io, RunOptions options, Config config,
             std::optional<kernel::OwnerLock> lock)
    : io_(io),
      options_(std::move(options)),
      lock_(std::move(lock)),
      descriptor_limit_(raise_descriptor_limit()),
      first_config_(std::make_shared<const Config>(std::move(config))),
      signals_(io, SIGTERM, SIGINT, SIGHUP),
      timer_(io),
      heartbeat_(io),
      manager_(io),
      watchdog_(watchdog_limit()),
      metrics_(io),
      history_file_(io, history_path(first_config_->node.state_file), history_,
                    [this](const std::optional<std::string>& why) {
                      if (!why) return clear_problem("events");
                      const std::string text =
                          "what has changed (events) is not kept over a restart: " + *why;
                      log(LogLevel::warning, text);
                      set_problem("events", Severity::notice, text);
                    }),
      keeper_(
          io,
          [path = first_config_->node.state_file](const OperatorState& operators) {
            return write_operators(path, operators);
          },
          [this](const Kept& kept) { on_kept(kept); }),
      marker_([&io](std::function<void()> done) { boost::asio::post(io, std::move(done)); }),
      mark_limit_(io),
      reader_(
          io, [path = options_.config_path] { return load_config(path, probe::check_schemas()); },
          [this](config::Loaded loaded) { on_config_read(std::move(loaded)); },
          [this] {
            const std::string text = "the configuration is not reloaded: the disk under " +
                                     options_.config_path + " does not answer";
            tell(LogLevel::error, text);
            on_slow_reading(text);
          }) {
  signals_.add(SIGUSR1);
  signals_.add(SIGUSR2);
}

Result<void> Agent::start() {
  const auto sink = [this](Event event) { post(std::move(event)); };
  complain_of_shortage(*first_config_);
  kernel_ = kernel::make_attacher(io_, *first_config_, sink);
  const auto opened = kernel_->start();
  if (!opened) return opened.error();
  connections_ = std::make_unique<kernel::ConnectionCounter>(io_, sink);
  prober_ = std::make_unique<probe::Prober>(io_, sink);
  watcher_ = std::make_unique<watch::Watcher>(io_, sink);
  const bool handed_over = was_handed_over();
  announcer_ = frr::make_announcer(io_, first_config_->frr, handed_over, sink);
  // Its filters would wait for an agent that takes them over.
  if (handed_over && !first_config_->relay) {
    if (const auto removed = relay::remove_orphans(); !removed) {
      tell(LogLevel::warning,
           "the relay's filters of the agent before stay: " + removed.error().what);
    }
  }
  observer_ = std::make_unique<frr::Observer>(io_, first_config_->frr, sink);
  relay_ = std::make_unique<Relay>(
      io_, [this](LogLevel level, const std::string& text, const StateChange& change) {
        tell(level, text, change);
        forget_answers();
      });
  open_endpoints();
  wait_for_signal();
  history_file_.read([this](HistoryFile::Entries entries) { begin_history(std::move(entries)); });
  remember(LogLevel::info, "vipherd " VIPHERD_VERSION " starts",
           StateChange{.kind = StateChange::Kind::agent, .state = "started"});
  read_what_was_asked_for();
  look_around();
  watch_lock();
  post(event::ConfigApplied{first_config_});
  announcer_->start();
  heartbeat();
  return {};
}

/// Without them the agent announces just as well: no reason not to start.
void Agent::open_endpoints() {
  const api::Handler handler = [this](const api::Request& request, const api::Reply& reply) {
    answer(request, reply);
  };
  const model::ApiConfig& config = first_config_->api;
  if (config.listen) {
    endpoint_ = std::make_unique<Listener>(
        io_, handler,
        [at = *config.listen](api::Server& server) { return server.listen(at.address, at.port); },
        [this](const auto& why) { report("endpoint", "endpoint (api.listen)", why); });
    endpoint_->start();
  }
  if (config.control_socket.empty()) return;
  control_ = std::make_unique<Listener>(
      io_, handler,
      [path = config.control_socket](api::Server& server) { return server.listen(path); },
      [this](const auto& why) {
        report("control socket", "control socket (api.control_socket)", why);
      });
  control_->start();
}

/// Of a part that the agent does without for now.
void Agent::report(const std::string& part, const std::string& what,
                   const std::optional<std::string>& why) {
  if (!why) {
    tell(LogLevel::info, "the " + what + " is there now");
    return clear_problem(part);
  }
  const std::string text = "no " + what + ": " + *why + "; it is tried again";
  tell(LogLevel::warning, text);
  set_problem(part, Severity::problem, text);
}

/// A file that cannot be read is no reason to announce nothing, but one to say so loudly: what was
/// drained is announced.
void Agent::read_what_was_asked_for() {
  auto operators = read_operators(first_config_->node.state_file);
  if (operators) {
    return post(
        event::OperatorStateRead{std::make_shared<const OperatorState>(std::move(*operators)),
                                 std::chrono::system_clock::now()});
  }
  const std::string forgotten =
      "what operators asked for (drain, disable, weight) is forgotten: " + operators.error().what;
  tell(LogLevel::error, forgotten);
  set_problem("state_file", Severity::problem, forgotten);
}

/// The command is in force all the same.
void Agent::on_kept(const Kept& kept) {
  switch (kept.answer) {
    case Kept::Answer::yes:
      if (!problems_.contains("state_file")) return;
      clear_problem("state_file");
      return tell(LogLevel::info, "what operators asked for is written down again");
    case Kept::Answer::no:
    case Kept::Answer::unknown:
      const std::string text = not_kept(kept, first_config_->node.state_file);
      tell(LogLevel::error, text);
      set_problem("state_file", Severity::problem, text);
  }
}

/// It runs all the same: not all checks need all they may need at the same time.
void Agent::complain_of_shortage(const Config& config) {
  const std::string shortage = descriptor_shortage(config, descriptor_limit_);
  if (!shortage.empty()) tell(LogLevel::error, shortage);
}

// ------------------------------------------------------------------- events and actions

/// What arrives in one turn of the loop is evaluated together, so that what comes of it goes
/// out together: a start's announcements are one write.
void Agent::post(Event event) {
  queue_.push_back({std::move(event), now()});
  if (std::exchange(drain_scheduled_, true)) return;
  boost::asio::post(io_, [this] { drain(); });
}

/// At once, with all that waits: spares a look at all descriptors in between. Not for events that
/// come in numbers, and not to be called by what drain() calls.
void Agent::take_now(Event event) {
  queue_.push_back({std::move(event), now()});
  drain();
}

void Agent::drain() {
  drain_scheduled_ = false;
  if (!announcer_) return;  // finished
  const std::vector<Queued> batch = std::exchange(queue_, {});
  for (const Queued& queued : batch) {
    Actions actions = core_.apply(queued.event, now());
    const auto* applied = std::get_if<event::ConfigApplied>(&queued.event);
    // Unless it was rejected, and before anything that comes of it.
    if (applied != nullptr && core_.config() == applied->config) {
      use(*applied->config);
    }
    if (const auto* probe = std::get_if<event::ProbeFinished>(&queued.event)) {
      metrics_.counts().probe_finished(probe->check, probe->result);
      recent_.add(probe->check, probe->result);
    }
    for (Action& action : actions) {
      const bool changes_route = std::holds_alternative<action::Announce>(action) ||
                                 std::holds_alternative<action::Withdraw>(action);
      if (changes_route && !route_change_since_) route_change_since_ = queued.since;
      perform(std::move(action), queued.since);
    }
  }
  settle();
  for (const Queued& queued : batch) {
    const auto* observed = std::get_if<event::Observed>(&queued.event);
    if (observed != nullptr) tell_observed(observed->vip);
  }
}

/// Before the kernel's routes are told, so that no VIP is attached that is taken already.
void Agent::look_around() {
  auto seen = kernel::read_surroundings();
  if (seen) {
    clear_problem("surroundings");
    post(event::SurroundingsRead{std::move(*seen)});
  } else {
    set_problem("surroundings", Severity::notice,
                "whether a VIP is an address of this node is unknown: " + seen.error().what);
  }
}

/// Of what the core knows nothing.
void Agent::use(const Config& config) {
  std::set<std::string> vrfs;
  for (const ServiceConfig& service : config.services) vrfs.insert(service.vrf);
  announcer_->use_vrfs(vrfs);
  observer_->set_protocols(config.frr.protocols);
  prober_->set_vips(model::VipOwners(config.services));
  metrics_.counts().keep_only(config);
  recent_.keep_only(config);
  relay_->use(config.relay);
  if (endpoint_) {
    std::vector<std::string> names = config.api.hosts;
    names.push_back(config.node.name);
    endpoint_->answer_to(std::move(names));
  }
}

/// Sends what was queued, sets the clock, tells systemd: once for a whole batch.
void Agent::settle() {
  announcer_->flush();
  if (route_change_since_) {
    last_reaction_ = now() - *std::exchange(route_change_since_, std::nullopt);
    metrics_.counts().route_change_sent(*last_reaction_);
  }
  kernel_->flush();
  // Logging costs more than deciding: routes first.
  for (const auto& [note, since] : std::exchange(notes_, {})) {
    tell(note.level, note.text, note.change);
    if (note.change) metrics_.counts().changed(*note.change, since, now());
  }
  arm_timer();
  tell_phase();
}

void Agent::perform(Action action, TimePoint since) {
  std::visit(
      Overloaded{
          [this](const action::StartProbe& start) {
            prober_->start(start.check, start.generation, start.config);
          },
          [this](const action::CancelProbe& cancel) { prober_->cancel(cancel.check); },
          [this](const action::StartWatch& start) {
            watcher_->start(start.watch, start.generation, start.target);
          },
          [this](const action::StopWatch& stop) { watcher_->stop(stop.watch); },
          [this](const action::ReadKernel& read) {
            look_around();
            kernel_->read(read.vips);
          },
          [this](const action::Attach& attach) { kernel_->attach(attach.vip); },
          [this](const action::Detach& detach) { kernel_->detach(detach.vip); },
          [this](const action::Announce& announce) {
            announcer_->announce(announce.vip, announce.vrf, announce.route);
          },
          [this](const action::Withdraw& withdraw) {
            announcer_->withdraw(withdraw.vip, withdraw.vrf);
          },
          [this](const action::InspectRoute& inspect) {
            announcer_->inspect(inspect.vip, inspect.vrf);
          },
          [this](const action::EndOfRib&) { announcer_->complete(); },
          [this](const action::Observe& look) { observer_->observe(look.vip, look.vrf); },
          [this](const action::LookUpRoute& look) { observer_->look_up(look.vip, look.vrf); },
          [this](const action::CountConnections& count) { connections_->count(count.vip); },
          [this](const action::Relay& relay) { relay_->set_vips(relay.vips); },
          [this](const action::CloseSession& close) {
            if (close.keep) relay_->hand_over();
            announcer_->close(close.keep);
          },
          [this](const action::Remember& remember) {
            if (!first_config_->node.state_file.empty()) keeper_.keep(*remember.state);
          },
          [this, since](action::Note& note) {
            notes_.push_back({std::move(note), since});
          },
          [this](const action::Finished& finished) { finish(finished.clean); },
      },
      action);
}

void Agent::arm_timer() {
  const std::optional<TimePoint> at = core_.next_alarm();
  if (at == timer_at_) return;
  timer_at_ = at;
  if (!at) {
    timer_.cancel();
    return;
  }
  timer_.expires_at(std::chrono::time_point_cast<std::chrono::steady_clock::duration>(*at));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error || !announcer_) return;
    timer_at_.reset();
    take_now(event::TimersDue{std::chrono::system_clock::now()});
  });
}

// ------------------------------------------------------------------ signals and systemd

void Agent::wait_for_signal() {
  signals_.async_wait([this](const boost::system::error_code& error, int number) {
    if (error || !announcer_) return;  // cancelled too late, or finished
    if (number == SIGHUP) {
      reload();
    } else if (number == SIGUSR2) {
      hand_over_by_signal();
    } else if (number == SIGUSR1) {
      post(event::OperatorCommand{command::Probe{scope::Node{}}, "", {}});
    } else {
      post(event::ShutdownRequested{number == SIGTERM ? "SIGTERM" : "SIGINT"});
    }
    wait_for_signal();
  });
}

/// Wakes the loop when nothing else does, so that work is done, and after it the watchdog fed and
/// the leases of what is attached renewed.
void Agent::heartbeat() {
  Duration pace = watchdog_ ? std::min(kIdleHeartbeat, *watchdog_ / 4) : kIdleHeartbeat;
  pace = std::min(pace, kernel_->renewal_pace().value_or(pace));
  heartbeat_.expires_after(std::chrono::duration_cast<std::chrono::steady_clock::duration>(pace));
  heartbeat_.async_wait([this](const boost::system::error_code& error) {
    if (error || !announcer_) return;  // cancelled too late, or finished
    metrics_.counts().loop_was_late(std::chrono::steady_clock::now() - heartbeat_.expiry());
    post(event::TimersDue{std::chrono::system_clock::now()});
    boost::asio::post(io_, [this] {
      if (watchdog_) manager_.watchdog();
      if (kernel_) kernel_->renew();
      tell_status();
      watch_log();
      watch_lock();
      if (now() >= pinged_at_ + kPingEvery) {
        // A disk that hangs is not waited for.
        if (pinged_at_ != TimePoint{}) begin_history({});
        pinged_at_ = now();
        streams_.ping();
      }
    });
    heartbeat();
  });
}

/// The log itself cannot tell.
void Agent::watch_log() {
  const auto lost = unread_log();
  if (!lost) return clear_problem("log");
  set_problem("log", Severity::notice,
              "the log is not being read: " +
                  (*lost == 0 ? "its lines wait"
                              : std::to_string(*lost) + " lines of it were lost so far"));
}

/// Announcing without the lock is a risk only beside a second agent; not to announce is an outage
/// for certain. So it is tried again, and said meanwhile.
void Agent::watch_lock() {
  if (lock_ && lock_->is_in_place()) return;
  lock_.reset();
  const std::uint8_t route_protocol = first_config_->vips.route_protocol;
  auto lock = kernel::OwnerLock::take(route_protocol);
  if (lock && *lock) {
    lock_.emplace(std::move(**lock));
    return clear_problem("lock");
  }
  const std::string why =
      lock ? another_agent(route_protocol) + ", too: stop one of them" : lock.error().what;
  const auto told = problems_.find("lock");
  if (told == problems_.end() || told->second.text != why) tell(LogLevel::error, why);
  set_problem("lock", Severity::problem, why);
}

void Agent::tell_phase() {
  if (std::exchange(told_phase_, core_.phase()) == core_.phase()) return;
  if (told_phase_ == core::Phase::running) manager_.ready();
  if (told_phase_ == core::Phase::stopping) manager_.stopping();
  tell_status();
}

/// The line of `systemctl status`. Counts every VIP, so it is told with the heartbeat only.
void Agent::tell_status() {
  const core::Summary summary = core_.summary();
  std::string line =
      std::to_string(summary.announced) + " of " + std::to_string(summary.vips) + " VIPs announced";
  if (!summary.zebra_connected) line += "; zebra is not connected";
  if (summary.reload_rejected) line += "; the last reload was rejected";
  if (line != told_status_) manager_.status(line);
  told_status_ = std::move(line);
}

/// Lets go of everything that keeps the loop running; io.run() then returns by itself.
void Agent::finish(bool clean) {
  exit_code_ = clean ? 0 : 1;
  boost::asio::post(io_, [this] {
    announcer_->close(false);
    announcer_.reset();
    observer_.reset();
    prober_.reset();
    watcher_.reset();
    connections_.reset();
    relay_.reset();
    kernel_.reset();
    if (endpoint_) endpoint_->close();
    if (control_) control_->close();
    signals_.cancel();
    timer_.cancel();
    heartbeat_.cancel();
    manager_.close();
    keeper_.close();
    mark_limit_.cancel();
    reader_.close();
    metrics_.close();
    begin_history({});
    history_file_.close();
  });
}

}  // namespace vipherd::agent
