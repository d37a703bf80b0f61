#include "agent/agent.hpp"

#include <boost/asio/post.hpp>
#include <csignal>
#include <utility>

#include "agent/log.hpp"
#include "agent/requests.hpp"
#include "agent/service_manager.hpp"
#include "vipherd/agent/config_files.hpp"
#include "vipherd/agent/descriptors.hpp"
#include "vipherd/agent/state_files.hpp"
#include "vipherd/core/core.hpp"
#include "vipherd/probe/kinds.hpp"
#include "vipherd/wire/control_json.hpp"
#include "vipherd/wire/status_json.hpp"

namespace vipherd::agent {
namespace {

using namespace model;

TimePoint now() { return std::chrono::steady_clock::now(); }

/// Feeds the status line of `systemctl status`, and the watchdog if its limit is longer.
constexpr Duration kIdleHeartbeat = std::chrono::seconds(5);
/// For a file of a few bytes, usually in memory.
constexpr auto kMarkLimit = std::chrono::seconds(2);

std::string not_kept(const Kept& kept, const std::string& path) {
  if (kept.answer == Kept::Answer::no) {
    return "what operators asked for is in force, but will not outlive this agent: " + kept.why;
  }
  return "what operators asked for is in force, but may not outlive this agent: cannot write " +
         path + " so far: " + kept.why;
}

/// What OperatorState holds.
bool is_remembered(event::OperatorCommand::Verb verb) {
  using Verb = event::OperatorCommand::Verb;
  return verb != Verb::probe_now && verb != Verb::clear_damping;
}

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
            log(LogLevel::error, text);
            set_problem("config", Severity::problem, text);
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
  watcher_ = std::make_unique<probe::Watcher>(io_, sink);
  announcer_ = frr::make_announcer(io_, first_config_->frr, was_handed_over(), sink);
  observer_ = std::make_unique<frr::Observer>(io_, first_config_->frr, sink);
  open_endpoints();
  place(*first_config_);
  wait_for_signal();
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
    log(LogLevel::info, "the " + what + " is there now");
    return clear_problem(part);
  }
  const std::string text = "no " + what + ": " + *why + "; it is tried again";
  log(LogLevel::warning, text);
  set_problem(part, Severity::problem, text);
}

/// A file that cannot be read is no reason to announce nothing, but one to say so loudly: what was
/// drained is announced.
void Agent::read_what_was_asked_for() {
  auto operators = read_operators(first_config_->node.state_file);
  if (operators) return post(event::OperatorStateRead{std::move(*operators)});
  const std::string forgotten =
      "what operators asked for (drain, disable, weight) is forgotten: " + operators.error().what;
  log(LogLevel::error, forgotten);
  set_problem("state_file", Severity::problem, forgotten);
}

/// The command is in force all the same.
void Agent::on_kept(const Kept& kept) {
  switch (kept.answer) {
    case Kept::Answer::yes:
      if (!problems_.contains("state_file")) return;
      clear_problem("state_file");
      return log(LogLevel::info, "what operators asked for is written down again");
    case Kept::Answer::no:
    case Kept::Answer::unknown:
      const std::string text = not_kept(kept, first_config_->node.state_file);
      log(LogLevel::error, text);
      set_problem("state_file", Severity::problem, text);
  }
}

/// Asked once: should this agent crash, nothing was handed over.
bool Agent::was_handed_over() const {
  const std::string mark = hand_over_mark(first_config_->api);
  const bool marked = is_marked(mark);
  remove_mark(mark);
  return marked;
}

/// The mark is there before anything is given up: what cleans up after us finds it.
void Agent::leave_hand_over_mark(std::function<void(Result<void>)> leaving) {
  const std::string path = hand_over_mark(first_config_->api);
  const auto left = std::make_shared<Result<void>>();
  const auto tell = std::make_shared<std::function<void(Result<void>)>>(std::move(leaving));
  const auto told = [tell](const Result<void>& result) {
    const auto once = std::exchange(*tell, nullptr);
    if (once) once(result);
    return once != nullptr;
  };
  const bool begun = marker_.run([path, left] { *left = leave_mark(path); },
                                 [this, path, left, told] {
                                   mark_limit_.cancel();
                                   // Nobody may count on a mark that came too late.
                                   const bool late = core_.is_stopping() || !told(*left);
                                   if (late) remove_mark(path);
                                 });
  if (!begun) return static_cast<void>(told(fail("there can be no thread to write the mark")));
  mark_limit_.expires_after(kMarkLimit);
  mark_limit_.async_wait([told, path](const boost::system::error_code& error) {
    if (!error) told(fail("cannot write " + path + ": the disk does not answer"));
  });
}

/// Whoever sends the signal wants the end in any case.
void Agent::hand_over_by_signal() {
  leave_hand_over_mark([this](const Result<void>& marked) {
    if (!marked) {
      log(LogLevel::warning,
          "the next agent cannot know of the hand-over, so everything is "
          "withdrawn: " +
              marked.error().what);
    }
    post(event::ShutdownRequested{"SIGUSR2", marked.has_value()});
  });
}

void Agent::hand_over_by_request(const api::Reply& reply) {
  leave_hand_over_mark([this, reply](const Result<void>& marked) {
    if (!marked) {
      const std::string why = "nothing is handed over, the next agent could not know of it: ";
      return reply({500, "application/json", wire::encode_error(why + marked.error().what)});
    }
    reply({200, "application/json", wire::encode_reached({"hand-over"})});
    post(event::ShutdownRequested{"asked to over the control socket", true});
  });
}

/// It runs all the same: not all checks need all they may need at the same time.
void Agent::complain_of_shortage(const Config& config) const {
  const std::string shortage = descriptor_shortage(config, descriptor_limit_);
  if (!shortage.empty()) log(LogLevel::error, shortage);
}

// ------------------------------------------------------------------- events and actions

/// What arrives in one turn of the loop is judged together, so that what comes of it goes
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
    const Actions actions = core_.apply(queued.event, now());
    const auto* applied = std::get_if<event::ConfigApplied>(&queued.event);
    // Unless it was rejected, and before anything that comes of it.
    if (applied != nullptr && core_.config() == applied->config) {
      observer_->set_protocols(applied->config->frr.protocols);
      place(*applied->config);
    }
    for (const Action& action : actions) {
      const bool changes_route = std::holds_alternative<action::Announce>(action) ||
                                 std::holds_alternative<action::Withdraw>(action);
      if (changes_route && !route_change_since_) route_change_since_ = queued.since;
      obey(action);
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

/// What is left out of a new configuration stays known: its VIPs are still being let go.
void Agent::place(const Config& config) {
  for (const ServiceConfig& service : config.services) {
    for (const IpAddress& vip : service.vips) vrfs_.erase(vip);
  }
  vrfs_.merge(vrfs_of(config));
  if (endpoint_) {
    std::vector<std::string> names = config.api.hosts;
    names.push_back(config.node.name);
    endpoint_->answer_to(std::move(names));
  }
  kernel_->place(vrfs_);
  prober_->set_vips(model::VipOwners(config.services));
  announcer_->place(vrfs_);
  observer_->place(vrfs_);
}

/// Sends what was queued, sets the clock, tells systemd: once for a whole batch.
void Agent::settle() {
  announcer_->flush();
  if (route_change_since_) {
    last_reaction_ = now() - *std::exchange(route_change_since_, std::nullopt);
  }
  kernel_->flush();
  // Logging costs more than deciding: routes first.
  for (const action::Note& note : std::exchange(notes_, {})) log(note.level, note.text);
  arm_timer();
  tell_phase();
}

namespace {
template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <class... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;
}  // namespace

void Agent::obey(const Action& action) {
  std::visit(Overloaded{
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
                   announcer_->announce(announce.vip, announce.route);
                 },
                 [this](const action::Withdraw& withdraw) { announcer_->withdraw(withdraw.vip); },
                 [this](const action::InspectRoute& inspect) { announcer_->inspect(inspect.vip); },
                 [this](const action::AnnouncedAll&) { announcer_->complete(); },
                 [this](const action::Observe& look) { observer_->observe(look.vip); },
                 [this](const action::LookUpRoute& look) { observer_->look_up(look.vip); },
                 [this](const action::CountConnections& count) { connections_->count(count.vip); },
                 [this](const action::CloseZebra& close) { announcer_->close(close.keep); },
                 [this](const action::Remember& remember) {
                   if (!first_config_->node.state_file.empty()) keeper_.keep(remember.state);
                 },
                 [this](const action::Note& note) { notes_.push_back(note); },
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
    take_now(event::TimersDue{});
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
      post(event::OperatorCommand{event::OperatorCommand::Verb::probe_now});
    } else {
      post(event::ShutdownRequested{number == SIGTERM ? "SIGTERM" : "SIGINT"});
    }
    wait_for_signal();
  });
}

void Agent::reload() {
  manager_.reloading();
  reader_.read();
}

void Agent::on_config_read(config::Loaded loaded) {
  clear_problem("config");
  if (loaded.config) {
    complain_of_shortage(*loaded.config);
    post(event::ConfigApplied{std::make_shared<const Config>(std::move(*loaded.config))});
  } else {
    std::string faults;
    for (const config::Fault& fault : loaded.faults) {
      faults += (faults.empty() ? "" : "; ") + config::to_string(fault);
    }
    post(event::ConfigRejected{faults});
  }
  // After the event above has been judged.
  boost::asio::post(io_, [this] {
    if (!options_.log_level) set_log_level(core_.config()->log_level);
    tell_status();
    manager_.ready();
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
    post(event::TimersDue{});
    boost::asio::post(io_, [this] {
      if (watchdog_) manager_.watchdog();
      if (kernel_) kernel_->renew();
      tell_status();
      watch_log();
      watch_lock();
    });
    heartbeat();
  });
}

/// The log itself cannot tell.
void Agent::watch_log() {
  const auto lost = unread_log();
  if (!lost) return clear_problem("log");
  set_problem("log", Severity::notice,
              "nobody reads the log: " +
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
  if (told == problems_.end() || told->second.text != why) log(LogLevel::error, why);
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
  });
}

// ------------------------------------------------------------------------- the endpoint

Status Agent::status() const {
  Status status = core_.status(now(), std::chrono::system_clock::now());
  status.last_reaction = last_reaction_;
  for (const auto& [part, problem] : problems_) status.problems.push_back(problem);
  return status;
}

/// What is shown changes with the next question.
void Agent::set_problem(const std::string& part, Severity severity, std::string text) {
  problems_[part] = {severity, std::move(text)};
  health_.valid_until = status_.valid_until = {};
}

void Agent::clear_problem(const std::string& part) {
  if (problems_.erase(part) > 0) health_.valid_until = status_.valid_until = {};
}

/// An answer is given again for ten times as long as it took to make: with 10,000 VIPs that is a
/// quarter of a second, with ten none, and whoever asks however often takes a tenth of the loop.
template <class Value, class Make>
const Value& Agent::cached(Cached<Value>& cache, const Make& make) {
  const TimePoint begin = now();
  if (begin < cache.valid_until) return cache.value;
  cache.value = make();
  const TimePoint end = now();
  cache.valid_until = end + 10 * (end - begin);
  return cache.value;
}

void Agent::answer_health(const HealthPage& page, const api::Reply& reply) const {
  const HealthAnswers& answers = cached(health_, [this] { return HealthAnswers(status()); });
  reply(answers.answer(page.service, page.strictness));
}

api::Response Agent::make_status_answer() const {
  return {200, "application/json", wire::encode_status(status())};
}

void Agent::answer(const api::Request& request, const api::Reply& reply) {
  std::visit(
      Overloaded{
          [&](const HealthPage& page) { answer_health(page, reply); },
          [&](StatusPage) { reply(cached(status_, [this] { return make_status_answer(); })); },
          [&](const event::OperatorCommand& command) { obey_operator(command, reply); },
          [&](HandOver) { hand_over_by_request(reply); },
          [&](const ObserveVip& look) { observe_by_request(look.vip, reply); },
          [&](const api::Response& refusal) { reply(refusal); },
      },
      understand(request));
}

/// Answered when the daemons have answered, or have had the time for it: the observer bounds that.
void Agent::observe_by_request(const IpAddress& vip, const api::Reply& reply) {
  if (!core_.has_vip(vip)) {
    return reply(
        {404, "application/json", wire::encode_error("there is no VIP " + vip.to_string())});
  }
  awaiting_observation_.emplace(vip, reply);
  observer_->observe(vip, /*afresh=*/true);
}

void Agent::tell_observed(const IpAddress& vip) {
  const auto [first, last] = awaiting_observation_.equal_range(vip);
  if (first == last) return;
  std::vector<api::Reply> replies;
  for (auto waiting = first; waiting != last; ++waiting) replies.push_back(waiting->second);
  awaiting_observation_.erase(first, last);
  health_.valid_until = status_.valid_until = {};
  for (const api::Reply& reply : replies) reply(make_status_answer());
}

/// The answer says that the core took the command: what is asked afterwards shows its effect. It
/// also says whether the command would outlive the agent, and waits a little to know.
void Agent::obey_operator(const event::OperatorCommand& command, const api::Reply& reply) {
  if (auto refusal = refuse(core_, command, now())) return reply(std::move(*refusal));
  wire::Reached concerned = reached(core_, command);
  take_now(command);
  health_.valid_until = status_.valid_until = {};
  const auto tell = [reply](const wire::Reached& done) {
    reply({200, "application/json", wire::encode_reached(done)});
  };
  if (!is_remembered(command.verb)) return tell(concerned);
  if (first_config_->node.state_file.empty()) {
    concerned.persisted = wire::Persisted::no;  // as the configuration has it
    return tell(concerned);
  }
  keeper_.when_known([this, tell, concerned](const Kept& kept) mutable {
    concerned.persisted = kept.answer == Kept::Answer::yes  ? wire::Persisted::yes
                          : kept.answer == Kept::Answer::no ? wire::Persisted::no
                                                            : wire::Persisted::unknown;
    if (kept.answer != Kept::Answer::yes) {
      concerned.warning = not_kept(kept, first_config_->node.state_file);
    }
    tell(concerned);
  });
}

}  // namespace vipherd::agent
