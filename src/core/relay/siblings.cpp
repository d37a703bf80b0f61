#include "vipherd/core/siblings.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace vipherd::core {
namespace {

using model::Heartbeat;
using model::SiblingState;

/// A heartbeat was on its way to the sibling, waited there for its next one, and came back.
constexpr Duration kEchoValid = kSilentAfter + kHeartbeatEvery;
/// More than are sent within kEchoValid, answers among them.
constexpr std::size_t kSentKept = 32;
/// Who sends old heartbeats again gets no more than this out of a node.
constexpr Duration kAnswerAtMostEvery = kHeartbeatEvery / 2;
constexpr std::size_t kEndedKept = 16;
constexpr Duration kStoodStill = kSilentAfter - kHeartbeatEvery;

/// What was wrong with a sibling's heartbeats is told as long as it is new.
constexpr Duration kRejectionValid = std::chrono::seconds(1);

bool counts_as_alive(SiblingState state) {
  return state == SiblingState::alive || state == SiblingState::unknown;
}

}  // namespace

Result<RelayPlace> place_among(const std::vector<IpAddress>& all,
                               const std::vector<IpAddress>& own) {
  if (own.empty()) return fail("none of relay.siblings is an address of this node");
  std::map<Family, IpAddress> by_family;
  for (const IpAddress& address : own) {
    const auto [first, is_new] = by_family.emplace(address.family(), address);
    if (is_new) continue;
    return fail("relay.siblings has two addresses of this node, " + first->second.to_string() +
                " and " + address.to_string() + ", expected one of each family at most");
  }
  RelayPlace place{own, {}};
  std::ranges::copy_if(all, std::back_inserter(place.others), [&](const IpAddress& address) {
    return std::ranges::find(own, address) == own.end();
  });
  return place;
}

void Siblings::set(const std::vector<IpAddress>& others, TimePoint now) {
  const std::set<IpAddress> listed(others.begin(), others.end());
  std::erase_if(siblings_, [&](const auto& one) { return !listed.contains(one.first); });
  for (const IpAddress& address : listed) {
    const auto [place, is_new] = siblings_.try_emplace(address);
    if (!is_new) continue;
    place->second.known = {SiblingState::unknown, now, "not heard yet"};
    place->second.alive_until = now + kSilentAfter;
  }
}

Siblings::Outgoing Siblings::make(const IpAddress& to, Sibling& sibling, Heartbeat::Kind kind,
                                  Mark echo, TimePoint heard_at, TimePoint now) {
  const std::uint64_t number = ++number_;
  sibling.sent.push_back({number, now});
  if (sibling.sent.size() > kSentKept) sibling.sent.pop_front();
  const Duration held = echo == Mark{} ? Duration{} : now - heard_at;
  return {to, {kind, {run_, number}, echo, held}};
}

std::vector<Siblings::Outgoing> Siblings::heartbeats(Heartbeat::Kind kind, TimePoint now) {
  std::vector<Outgoing> out;
  for (auto& [address, sibling] : siblings_) {
    out.push_back(make(address, sibling, kind, sibling.heard, sibling.heard_at, now));
  }
  return out;
}

std::optional<Siblings::Outgoing> Siblings::hear(const IpAddress& from, const Heartbeat& heartbeat,
                                                 TimePoint now) {
  const auto found = siblings_.find(from);
  if (found == siblings_.end() || heartbeat.mark.run == 0) {
    ++rejected_;
    return std::nullopt;
  }
  Sibling& sibling = found->second;
  const bool same_run = heartbeat.mark.run == sibling.heard.run;
  // Sent again, or overtaken by a newer one. A run that has ended does not return.
  if ((same_run && heartbeat.mark.number <= sibling.heard.number) ||
      std::ranges::find(sibling.ended, heartbeat.mark.run) != sibling.ended.end()) {
    ++rejected_;
    return std::nullopt;
  }
  const auto echoed = heartbeat.echo.run != run_
                          ? sibling.sent.end()
                          : std::ranges::find(sibling.sent, heartbeat.echo.number, &Sent::number);
  const bool proven = echoed != sibling.sent.end() && now - echoed->at <= kEchoValid;
  if (!proven) {
    // It does not hear this node, or has not yet. It may also be an old heartbeat sent again: the
    // run that was believed stays the one that is echoed to it as long as it is alive.
    if (same_run || now >= sibling.alive_until) {
      sibling.heard = heartbeat.mark;
      sibling.heard_at = now;
    }
    if (heartbeat.kind == Heartbeat::Kind::leaving ||
        now < sibling.answered_at + kAnswerAtMostEvery)
      return std::nullopt;
    sibling.answered_at = now;
    return make(from, sibling, Heartbeat::Kind::alive, heartbeat.mark, now, now);
  }
  const std::uint64_t before = std::exchange(sibling.proven_run, heartbeat.mark.run);
  if (before != heartbeat.mark.run) end_run(sibling, before);
  sibling.heard = heartbeat.mark;
  sibling.heard_at = now;
  sibling.known.round_trip = std::max(Duration{}, now - echoed->at - heartbeat.held);
  switch (heartbeat.kind) {
    case Heartbeat::Kind::alive:
      sibling.alive_until = std::min(now + kSilentAfter, echoed->at + kEchoValid);
      break;
    case Heartbeat::Kind::handing_over:
      sibling.alive_until = now + kSuccessorPatience;
      break;
    case Heartbeat::Kind::leaving:
      end_run(sibling, heartbeat.mark.run);
      sibling.alive_until = now;
      change(from, sibling, SiblingState::left, "it said that it ends", now);
      return std::nullopt;
  }
  change(from, sibling, SiblingState::alive, "it hears this node, and this node it", now);
  return std::nullopt;
}

void Siblings::reject(const IpAddress& from, std::string why, TimePoint now) {
  ++rejected_;
  const auto found = siblings_.find(from);
  if (found == siblings_.end()) return;
  found->second.rejection = std::move(why);
  found->second.rejected_at = now;
}

void Siblings::end_run(Sibling& sibling, std::uint64_t run) {
  if (run == 0) return;
  sibling.ended.push_back(run);
  if (sibling.ended.size() > kEndedKept) sibling.ended.pop_front();
}

void Siblings::look(TimePoint now) {
  // This node itself stood still: what siblings were sent meanwhile is unknown, and their answers
  // are to come.
  const bool stood_still = looked_at_ && now - *looked_at_ > kStoodStill;
  looked_at_ = now;
  for (auto& [address, sibling] : siblings_) {
    const bool counts = counts_as_alive(sibling.known.state);
    if (counts && stood_still) {
      sibling.alive_until = std::max(sibling.alive_until, now + kSilentAfter);
    }
    if (sibling.known.state == SiblingState::left || (counts && now < sibling.alive_until))
      continue;
    const bool heard = sibling.heard != Mark{} && now - sibling.heard_at < kSilentAfter;
    const bool rejected = !sibling.rejection.empty() && now - sibling.rejected_at < kRejectionValid;
    change(address, sibling, SiblingState::silent,
           rejected ? "what comes from it is not believed: " + sibling.rejection
           : heard  ? "it is heard, but does not hear this node"
                    : std::string(model::kNoHeartbeat),
           now);
  }
}

void Siblings::change(const IpAddress& address, Sibling& sibling, SiblingState state,
                      std::string reason, TimePoint now) {
  sibling.known.reason = reason;
  if (std::exchange(sibling.known.state, state) == state) return;
  sibling.known.since = now;
  if (state != SiblingState::alive) sibling.known.round_trip.reset();
  changes_.push_back({address, state, std::move(reason)});
}

std::vector<IpAddress> Siblings::ring(const IpAddress& own) const {
  std::vector<IpAddress> live;
  for (const auto& [address, sibling] : siblings_) {
    if (address.family() == own.family() && counts_as_alive(sibling.known.state)) {
      live.push_back(address);
    }
  }
  std::rotate(live.begin(), std::ranges::upper_bound(live, own), live.end());
  return live;
}

bool Siblings::is_alone() const {
  return std::ranges::none_of(
      siblings_, [](const auto& one) { return counts_as_alive(one.second.known.state); });
}

std::map<IpAddress, Siblings::Known> Siblings::known() const {
  std::map<IpAddress, Known> all;
  for (const auto& [address, sibling] : siblings_) all.emplace(address, sibling.known);
  return all;
}

}  // namespace vipherd::core
