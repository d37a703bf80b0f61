// Time, the agent's life, and probes.
#include "sim/world.hpp"

#include <algorithm>
#include <cstdio>
#include <tuple>
#include <utility>

#include "vipherd/core/core.hpp"

namespace vipherd::sim {

using namespace model;
using namespace std::chrono_literals;

World::World(std::uint64_t seed, bool trace)
    : random_(seed), connected_(seed % 8 == 7), vrf_(seed % 4 == 2 ? "blue" : ""), trace_(trace) {}

void World::run() {
  config_ = make_config();
  vty_dead_ = chance(10);
  start_zebra();
  start_agent();
  schedule_mischief();
  run_until(now_ + between(5'000, 40'000));
  faults_ = false;
  for (const IpAddress& vip : std::exchange(other_route_wins_, {})) {
    if (rib_.contains(vip)) notify(vip, RouteOutcome::installed);
  }
  if (!zebra_up_) start_zebra();
  if (!alive_) start_agent();
  if (stopping_) {
    // An orderly stop under way must end, too.
    run_until(now_ + 20s);
    if (stopping_ && !finished_) violate("the agent did not stop");
    if (!alive_) start_agent();
  }
  for (const auto& [service, said] : std::exchange(operators_, {}).disabled) {
    deliver_later(0ms, event::OperatorCommand{command::Enable{{service}}, "", wall()});
  }
  deliver_later(0ms, event::OperatorCommand{command::Resume{scope::Node{}}, "", wall()});
  deliver_later(0ms, event::OperatorCommand{command::Weight{scope::Node{}}, "", wall()});
  for (const ServiceConfig& service : config_->services) {
    deliver_later(
        0ms, event::OperatorCommand{command::Weight{scope::Service{service.name}}, "", wall()});
  }
  if (chance(80)) deliver_later(0ms, event::SurroundingsRead{});
  // Longer than the longest backoff and the audit together.
  run_until(now_ + 100s);
  demand_convergence();
  demand_quick_return();
  stopping_ = true;
  deliver_later(0ms, event::ShutdownRequested{"SIGTERM"});
  run_until(now_ + 20s);
  demand_nothing_left();
}

// ----------------------------------------------------------------------------- chance

std::uint64_t World::below(std::uint64_t limit) { return random_() % limit; }

Duration World::between(std::int64_t low_ms, std::int64_t high_ms) {
  return std::chrono::milliseconds(
      low_ms + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high_ms - low_ms + 1))));
}

// ------------------------------------------------------------------------------- time

void World::later(Duration delay, std::function<void()> what) {
  queue_.push({now_ + delay, ++order_, std::move(what)});
}

/// As later(), but never overtaking what was put after the same tail before.
void World::in_order(TimePoint& tail, Duration delay, std::function<void()> what) {
  tail = std::max(tail, now_ + delay);
  queue_.push({tail, ++order_, std::move(what)});
}

void World::run_until(TimePoint end) {
  while (true) {
    std::optional<TimePoint> next = alive_ ? core_.next_alarm() : std::nullopt;
    const bool alarm_first = next && (queue_.empty() || *next <= queue_.top().at);
    if (!alarm_first && !queue_.empty()) next = queue_.top().at;
    if (!next || *next > end) break;
    now_ = std::max(now_, *next);
    if (alarm_first) {
      fire_alarms();
    } else {
      const auto what = queue_.top().what;
      queue_.pop();
      what();
    }
  }
  now_ = std::max(now_, end);
}

void World::fire_alarms() {
  alarms_at_once_ = last_alarm_ == now_ ? alarms_at_once_ + 1 : 0;
  last_alarm_ = now_;
  if (alarms_at_once_ > 100) violate("alarms go off for ever without time passing");
  deliver(event::TimersDue{});
}

void World::note(const std::string& what) const {
  if (!trace_) return;
  std::printf("%10.3f  %s\n", std::chrono::duration<double>(now_.time_since_epoch()).count(),
              what.c_str());
}

void World::violate(const std::string& what) const { throw Violation{what}; }

// -------------------------------------------------------------------------- the agent

void World::start_agent() {
  note("== the agent starts");
  ++life_;
  core_ = core::Core{};
  alive_ = true;
  stopping_ = finished_ = finished_clean_ = false;
  held_.clear();
  others_told_.clear();
  withdraw_sent_.clear();
  down_since_.clear();
  seen_.clear();
  watches_.clear();
  probed_.clear();
  told_.clear();
  relayed_.clear();
  taken_.clear();
  dumping_ = false;
  after_dump_.clear();
  monitor_backlog_.clear();
  deliver(event::OperatorStateRead{std::make_shared<const OperatorState>(operators_), wall()});
  deliver(event::ConfigApplied{config_});
  if (zebra_up_) connect_zebra();
}

void World::crash_agent() {
  note("== the agent is killed");
  alive_ = false;
  ++life_;
  // The kernel closes the socket; zebra flushes what it announced, after what it has queued.
  if (session_ != 0) {
    session_ = 0;
    in_order(zebra_tail_, 1ms, [this] { rib_.clear(); });
  }
}

void World::deliver(Event event) {
  if (!alive_) return;
  if (const auto* finished = std::get_if<event::ProbeFinished>(&event)) take_delivered(*finished);
  if (const auto* changed = std::get_if<event::KernelChanged>(&event)) {
    told_[changed->vip.vip] = changed->vip.route;
  }
  if (const auto* snapshot = std::get_if<event::KernelSnapshot>(&event)) {
    for (auto& [vip, route] : told_) route = KernelRoute::absent;
    for (const KernelVip& vip : snapshot->vips) told_[vip.vip] = vip.route;
  }
  if (const auto* read = std::get_if<event::SurroundingsRead>(&event)) {
    taken_.clear();
    for (const Neighbourhood& neighbour : read->all) taken_.insert(neighbour.prefix.address);
  }
  if (const auto* fired = std::get_if<event::WatchFired>(&event)) {
    const auto watch = watches_.find(fired->watch);
    const bool current = watch != watches_.end() && watch->second.generation == fired->generation;
    if (current) watch->second.step = fired->then;
    if (current && fired->then == WatchStep::ended) watches_.erase(watch);
  }
  if (const auto* applied = std::get_if<event::ConfigApplied>(&event)) {
    named_.clear();
    for (const ServiceConfig& service : applied->config->services) {
      named_.insert(service.vips.begin(), service.vips.end());
    }
  }
  ++steps_;
  ++delivered_[event.index()];
  const Actions actions = core_.apply(event, now_);
  // The words first: what is done is judged by them.
  for (const Action& action : actions) {
    if (const auto* remember = std::get_if<action::Remember>(&action))
      operators_ = *remember->state;
  }
  for (const ServiceConfig& service : config_->services) {
    for (const IpAddress& vip : service.vips) {
      if (is_drained(service.name, vip)) {
        drained_since_.try_emplace(vip, now_);
      } else {
        drained_since_.erase(vip);
        drain_gone_.erase(vip);
      }
    }
  }
  const std::uint64_t life = life_;
  for (const Action& action : actions) {
    perform(action);
    if (life != life_) return;
  }
  check_standing();
  check_relayed();
}

void World::deliver_later(Duration delay, Event event) {
  later(delay, [this, life = life_, event = std::move(event)] {
    if (life == life_) deliver(event);
  });
}

/// Every action there is: one without a line here does not compile.
struct World::Perform {
  World& world;

  void operator()(const action::StartProbe& start) const { world.start_probe(start); }
  void operator()(const action::CancelProbe& cancel) const {
    world.seen_[cancel.check].open = false;
  }
  void operator()(const action::StartWatch& watch) const { world.start_watch(watch); }
  void operator()(const action::StopWatch& stop) const { world.stop_watch(stop.watch); }
  void operator()(const action::ReadKernel& read) const {
    for (const auto& [vip, vrf] : read.vips) world.check_vrf(vip, vrf);
    world.read_kernel(read.vips);
  }
  void operator()(const action::Attach& attach) const { world.attach(attach.vip); }
  void operator()(const action::Detach& detach) const { world.detach(detach.vip); }
  void operator()(const action::Announce& announce) const { world.announce(announce); }
  void operator()(const action::Withdraw& withdraw) const {
    world.check_vrf(withdraw.vip, withdraw.vrf);
    world.withdraw(withdraw.vip);
  }
  void operator()(const action::InspectRoute& inspect) const {
    world.check_vrf(inspect.vip, inspect.vrf);
    world.inspect(inspect.vip);
  }
  void operator()(const action::EndOfRib&) const { world.announced_all(); }
  void operator()(const action::Observe& observe) const {
    world.check_vrf(observe.vip, observe.vrf);
    world.observe(observe.vip);
  }
  void operator()(const action::LookUpRoute& look) const {
    world.check_vrf(look.vip, look.vrf);
    world.look_up_route(look.vip);
  }
  void operator()(const action::CountConnections& count) const {
    world.count_connections(count.vip);
  }
  void operator()(const action::Relay& relay) const { world.relayed_ = relay.vips; }
  void operator()(const action::Remember&) const {}  // deliver() has taken it
  void operator()(const action::CloseSession& close) const {
    world.close_session("closed by the agent", close.keep);
  }
  void operator()(const action::Note& line) const { world.note(line.text); }
  void operator()(const action::Finished& end) const { world.finish(end.clean); }
};

void World::perform(const Action& action) { std::visit(Perform{*this}, action); }

void World::announced_all() {
  in_order(zebra_tail_, between(0, 5), [this, session = session_] {
    if (session == session_) forget_stale();
  });
}

void World::look_up_route(const IpAddress& vip) {
  deliver_later(between(0, 10), event::RouteLookedUp{vip, {RibState::absent, ""}});
}

void World::finish(bool clean) {
  if (!stopping_) violate("the agent finished without being told to");
  finished_ = true;
  finished_clean_ = clean;
  crash_agent();
}

// --------------------------------------------------------------------------- watchers

void World::start_watch(const action::StartWatch& watch) {
  const auto [position, added] = watches_.try_emplace(watch.watch);
  if (!added && position->second.step != WatchStep::awaiting_start) {
    violate("a watch is started twice");
  }
  position->second = {watch.generation, WatchStep::watching};
  const bool can_await = watch.watch.kind != WatchKind::connection;
  if (can_await && chance(30)) {
    tell_of_watch(between(0, 20), watch.watch, WatchStep::awaiting_start, false);
  }
  // Nothing is there to be watched, or it does not last.
  if (faults_ && chance(20)) {
    tell_of_watch(between(0, 2'000), watch.watch, WatchStep::ended, true);
  }
}

void World::stop_watch(const WatchId& watch) {
  if (watches_.erase(watch) == 0) violate("a watch is stopped that was not on");
}

void World::tell_of_watch(Duration delay, const WatchId& watch, WatchStep then, bool news) {
  deliver_later(delay, event::WatchFired{watch, watches_.at(watch).generation,
                                         then == WatchStep::watching ? "it started" : "it ended",
                                         then, news});
}

/// Something happened to what a check looks at: watchers see it, if they are there.
void World::wake_watchers(const CheckId& check) {
  for (const auto& [id, watched] : watches_) {
    const bool concerned =
        id.service == check.service && (id.check.empty() || id.check == check.check);
    if (!concerned || chance(30)) continue;
    if (id.kind == WatchKind::connection || chance(10)) {
      tell_of_watch(between(0, 5), id, WatchStep::ended, true);
    } else {
      tell_of_watch(between(0, 5), id,
                    healthy_[check] ? WatchStep::watching : WatchStep::awaiting_start, true);
    }
  }
}

/// A service that starts and dies, again and again.
void World::rave() {
  for (const auto& [id, watched] : watches_) {
    if (id.kind == WatchKind::connection || chance(50)) continue;
    const Duration length = between(10, 5'000);
    const std::int64_t times = 1 + static_cast<std::int64_t>(below(500));
    for (std::int64_t number = 0; number < times; ++number) {
      tell_of_watch(length * number / times, id,
                    number % 2 == 0 ? WatchStep::watching : WatchStep::awaiting_start, true);
    }
    note("-- a watcher fires " + std::to_string(times) + " times");
  }
}

// ----------------------------------------------------------------------------- probes

void World::start_probe(const action::StartProbe& probe) {
  check_probe(probe);
  check_pace(probe);
  Seen& seen = seen_[probe.check];
  if (seen.open) violate("two probes of " + probe.check.to_string() + " at once");
  seen.open = true;
  seen.asked = probe.generation;
  if (faults_ && chance(2)) return;  // it never reports
  event::ProbeFinished finished{probe.check, probe.generation, {}};
  finished.result = make_result(probe.check);
  const Duration delay = faults_ && chance(5) ? between(100, 3'000) : between(0, 20);
  deliver_later(delay, finished);
  if (faults_ && chance(5)) deliver_later(delay + between(0, 2'000), finished);
  if (faults_ && chance(2)) {
    // Not asked for.
    finished.generation += below(3);
    finished.result.pass = !finished.result.pass;
    finished.check.check += "x";
    deliver_later(delay, finished);
  }
}

ProbeResult World::make_result(const CheckId& check) {
  ProbeResult result;
  result.pass = healthy_.try_emplace(check, true).first->second;
  result.reason = result.pass ? "status 200" : "status 500";
  if (faults_ && chance(3)) {
    result.pass = false;
    result.reason = "the check could not run: Too many open files";
    result.failure = Failure::not_run;
  } else if (!result.pass && chance(30)) {
    result.reason = "connect refused";
    result.failure = Failure::refused;
  }
  if (result.pass && faults_ && chance(2)) result.warning = "certificate expires in 2 days";
  return result;
}

/// What a check that could not run says is nothing, where the service fails open.
bool World::counts(const event::ProbeFinished& finished) const {
  if (finished.result.pass || finished.result.failure != Failure::not_run) return true;
  return std::ranges::none_of(config_->services, [&](const ServiceConfig& service) {
    return service.name == finished.check.service && service.fail_open;
  });
}

void World::take_delivered(const event::ProbeFinished& finished) {
  const auto found = seen_.find(finished.check);
  if (found == seen_.end()) return;
  Seen& seen = found->second;
  if (!seen.open || seen.asked != finished.generation) return;
  seen.open = false;
  if (!counts(finished)) return;
  seen.results.push_back(finished.result);
  if (seen.results.size() > 16) seen.results.pop_front();
}

}  // namespace vipherd::sim
