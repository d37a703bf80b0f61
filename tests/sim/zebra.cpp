// Zebra: takes routes in order, notifies late and out of order, dies and returns.
#include "sim/world.hpp"

namespace vipherd::sim {

using namespace model;
using namespace std::chrono_literals;

void World::start_zebra() {
  note("-- zebra starts");
  zebra_up_ = true;
  rib_.clear();
  connect_zebra();
}

/// The announcer looks for another client of its type first, and an earlier agent's session is
/// listed until zebra has flushed it.
void World::connect_zebra() {
  in_order(zebra_tail_, between(1, 300), [this, life = life_] {
    if (life != life_ || !alive_ || !zebra_up_ || session_ != 0 || core_.state().speaker.closed)
      return;
    if (faults_ && chance(10)) {
      deliver(event::SpeakerUnreachable{"zebra has another client of route type openfabric"});
      if (life == life_) connect_zebra();
      return;
    }
    session_ = ++last_session_;
    on_the_way_.clear();
    deliver(event::SpeakerUp{session_, "FRR 8.4 (simulated)", !stale_.empty()});
  });
}

void World::kill_zebra() {
  note("-- zebra dies");
  zebra_up_ = false;
  rib_.clear();
  stale_.clear();
  close_session("connection reset by peer");
}

/// What was kept over a restart and has not been told again goes.
void World::forget_stale() {
  for (const IpAddress& vip : std::exchange(stale_, {})) rib_.erase(vip);
}

void World::close_session(const std::string& reason, bool keep) {
  if (session_ == 0) return;
  const event::SpeakerDown lost{session_, reason};
  session_ = 0;
  on_the_way_.clear();
  in_order(zebra_tail_, 1ms, [this, keep] {
    stale_.clear();
    if (!keep) return rib_.clear();
    for (const auto& [vip, route] : rib_) stale_.insert(vip);
  });
  deliver_later(between(0, 5), lost);
  if (faults_ && chance(20)) deliver_later(between(5, 50), lost);
}

void World::announce(const action::Announce& announce) {
  check_announce(announce);
  withdraw_sent_.erase(announce.vip);
  if (session_ == 0) return;  // written into a dead socket
  ++on_the_way_[announce.vip];
  const Duration delay = faults_ && chance(5) ? between(10, 1'200) : between(0, 12);
  in_order(zebra_tail_, delay, [this, announce, session = session_] {
    if (session != session_) return;
    if (--on_the_way_[announce.vip] == 0) on_the_way_.erase(announce.vip);
    rib_[announce.vip] = announce.route;
    stale_.erase(announce.vip);
    if (faults_ && chance(3)) return notify(announce.vip, RouteOutcome::install_failed);
    // FRR before 10.0 says nothing when a route loses from the start.
    if (!other_route_wins_.contains(announce.vip)) notify(announce.vip, RouteOutcome::installed);
  });
}

void World::withdraw(const IpAddress& vip) {
  withdraw_sent_.insert(vip);
  if (drained_since_.contains(vip)) drain_gone_.insert(vip);
  if (session_ == 0) return;
  const Duration delay = faults_ && chance(5) ? between(10, 1'200) : between(0, 12);
  in_order(zebra_tail_, delay, [this, vip, session = session_] {
    if (session != session_ || !rib_.contains(vip)) return;
    if (faults_ && chance(2)) return notify(vip, RouteOutcome::remove_failed);
    rib_.erase(vip);
    stale_.erase(vip);
    // Another node's route to the VIP may take the place of ours.
    if (!other_route_wins_.contains(vip)) {
      notify(vip, chance(30) ? RouteOutcome::not_selected : RouteOutcome::removed);
    }
  });
}

/// Late, and out of order between VIPs, but in order for each of them: it is one stream.
void World::notify(const IpAddress& vip, RouteOutcome note) {
  const event::RouteStatus notified{session_, vip, note};
  const auto send = [&](Duration delay) {
    in_order(note_tail_[vip], delay, [this, notified, life = life_] {
      if (life == life_) deliver(notified);
    });
  };
  send(faults_ && chance(5) ? between(0, 500) : between(0, 3));
  // Zebra repeats INSTALLED whenever it touches the route again.
  if (note == RouteOutcome::installed && faults_ && chance(5)) send(0ms);
}

void World::inspect(const IpAddress& vip) {
  const std::uint64_t session = session_;
  // The announcer asks behind a barrier: zebra has come to everything sent before.
  in_order(zebra_tail_, between(1, 20), [this, vip, session, life = life_] {
    if (life != life_) return;
    event::RouteInspected inspected{session, vip, RibState::absent, ""};
    if (session != session_ || vty_dead_ || (faults_ && chance(10))) {
      inspected.rib = RibState::unknown;
    } else if (rib_.contains(vip)) {
      const bool loses = other_route_wins_.contains(vip);
      inspected.rib = loses ? RibState::not_selected : RibState::selected;
      inspected.detail = loses ? "connected route is selected" : "";
    }
    deliver_later(between(0, 5), inspected);
  });
}

/// Some other nodes announce it, or none, or it is unknown.
void World::observe(const IpAddress& vip) {
  if (faults_ && chance(3)) return;  // no answer ever
  Reach reach{session_ != 0 && rib_.contains(vip), {}, 1U, ""};
  if (faults_ && chance(40)) reach.others = 0;
  if (faults_ && chance(15)) reach.others.reset();
  if (!reach.originated || (faults_ && chance(20))) reach.problem = "no OSPF adjacency is full";
  Result<Reach> answer = reach;
  if (faults_ && chance(10)) answer = fail("ospfd did not answer within 1s");
  const TimePoint seen = now_;
  const Duration delay = faults_ && chance(5) ? between(100, 2'000) : between(0, 20);
  later(delay, [this, vip, answer, seen, life = life_] {
    if (life != life_ || !alive_) return;
    others_told_[vip] = {answer ? answer->others : std::nullopt, now_};
    deliver(event::Observed{vip, {{"ospfd", seen, answer}}});
  });
}

void World::count_connections(const IpAddress& vip) {
  if (faults_ && chance(5)) return;
  event::ConnectionsCounted counted{vip, faults_ ? below(3) : 0};
  if (faults_ && chance(10)) counted.established.reset();
  deliver_later(between(0, 10), counted);
}

}  // namespace vipherd::sim
