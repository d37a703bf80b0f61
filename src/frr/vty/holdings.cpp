#include "frr/vty/holdings.hpp"

#include <algorithm>
#include <utility>

namespace vipherd::frr::vty {
namespace {

namespace event = model::event;
using Held = wire::vty::Holding::State;
using wire::vty::Holding;

/// Distinct reasons reported until the next success; later ones are dropped.
constexpr std::size_t kMostReasonsOfBook = 16;

void append(std::string& text, const std::string& more) {
  if (!more.empty()) text += (text.empty() ? "" : "; ") + more;
}

}  // namespace

std::vector<Instance> instances(const std::vector<model::Protocol>& protocols,
                                const std::string& vrf) {
  std::vector<Instance> daemons;
  for (const model::Protocol protocol : protocols) {
    switch (protocol) {
      case model::Protocol::bgp:
        daemons.emplace_back(Daemon::bgpd, vrf);
        break;
      case model::Protocol::ospf:
        daemons.emplace_back(Daemon::ospfd, vrf);
        daemons.emplace_back(Daemon::ospf6d, vrf);
        break;
    }
  }
  return daemons;
}

Holdings::Holdings(const std::vector<Instance>& places) {
  for (const Instance& instance : places) add(instance);
}

Holdings::Events Holdings::ready(const Instance& daemon, const effect::Ready& ready,
                                 const std::string& saved) {
  daemons_.at(daemon) = {true, {}};
  if (std::exchange(in_session_, true)) return {};
  reported_.clear();
  last_reason_.clear();
  const bool resumed = session_ == 0 && ready.holds_lines && saved.empty();
  return {event::SpeakerUp{++session_, ready.description, resumed, saved}};
}

Holdings::Events Holdings::down(const Instance& daemon, const std::string& reason) {
  daemons_.at(daemon) = {false, reason};
  if (!in_session_) {
    if (last_reason_ == reason) return {};
    last_reason_ = reason;
    const bool news = reported_.size() < kMostReasonsOfBook && reported_.insert(reason).second;
    return {event::SpeakerUnreachable{reason, news}};
  }
  if (std::ranges::none_of(daemons_, [](const auto& entry) { return entry.second.ready; })) {
    return end(reason);
  }
  Events events;
  for (auto& [address, vip] : vips_) {
    if (!is_for(daemon, address)) continue;
    vip.held.erase(daemon);
    evaluate(address, vip, events);
    if (vip.awaited.erase(daemon) > 0 && vip.awaited.empty()) answer(address, vip, events);
  }
  return events;
}

Holdings::Events Holdings::found(const Instance& daemon, const IpAddress& address,
                                 const Holding& holding) {
  const auto entry = vips_.find(address);
  if (!in_session_ || entry == vips_.end()) return {};
  Vip& vip = entry->second;
  vip.held[daemon] = holding;
  Events events;
  evaluate(address, vip, events);
  if (vip.awaited.erase(daemon) > 0 && vip.awaited.empty()) answer(address, vip, events);
  return events;
}

/// Tells the core when a VIP has become, or ceased to be, what it should.
void Holdings::evaluate(const IpAddress& address, Vip& vip, Events& events) {
  bool everywhere = true;  // held by every daemon that is to carry it
  bool nowhere = true;     // known not to be held by any that is ready
  for (const auto& [daemon, state] : daemons_) {
    if (!is_for(daemon, address)) continue;
    const auto held = vip.held.find(daemon);
    const Held known = held == vip.held.end() ? Held::unknown : held->second.state;
    everywhere = everywhere && state.ready && known == Held::held;
    nowhere = nowhere && (!state.ready || known == Held::absent);
  }
  const auto found = desired_.vips.find(address);
  const bool wanted = found != desired_.vips.end() && found->second.has_value();
  if (wanted && everywhere != vip.installed) {
    vip.installed = everywhere;
    events.emplace_back(event::RouteStatus{
        session_, address,
        everywhere ? model::RouteOutcome::installed : model::RouteOutcome::removed});
  } else if (!wanted && nowhere && vip.installed) {
    vip.installed = false;
    events.emplace_back(event::RouteStatus{session_, address, model::RouteOutcome::removed});
  }
}

Holding Holdings::holding_of(const Instance& daemon, const Vip& vip) const {
  const Daemon& state = daemons_.at(daemon);
  if (!state.ready) return {Held::blocked, state.reason};
  const auto held = vip.held.find(daemon);
  return held == vip.held.end() ? Holding{Held::unknown, "no answer"} : held->second;
}

event::RouteInspected Holdings::summarise(const IpAddress& address, const Vip& vip) const {
  const auto found = desired_.vips.find(address);
  const bool wanted = found != desired_.vips.end() && found->second.has_value();
  std::string doubts, problems, missing;
  std::size_t held = 0;
  for (const auto& [daemon, state] : daemons_) {
    if (!is_for(daemon, address)) continue;
    const Holding holding = holding_of(daemon, vip);
    const std::string who = to_string(daemon);
    switch (holding.state) {
      case Held::unknown:
        append(doubts, who + ": " + holding.detail);
        break;
      case Held::absent:
        append(missing, who + " does not hold it");
        break;
      case Held::blocked:
        // Of a VIP that is to go: what cannot be told is gone as far as can be known.
        if (wanted || state.ready) append(problems, who + ": " + holding.detail);
        break;
      case Held::held:
        ++held;
        break;
    }
  }
  event::RouteInspected told{session_, address, model::RibState::selected, {}};
  if (!doubts.empty()) {
    told.rib = model::RibState::unknown;
    told.detail = doubts;
  } else if (!wanted) {
    const bool there = held > 0 || !problems.empty();
    told.rib = there ? model::RibState::selected : model::RibState::absent;
  } else if (!problems.empty() || (held > 0 && !missing.empty())) {
    told.rib = model::RibState::not_selected;
    told.detail = problems;
    append(told.detail, missing);
  } else if (held == 0) {
    told.rib = model::RibState::absent;
  }
  return told;
}

void Holdings::answer(const IpAddress& address, Vip& vip, Events& events) {
  events.emplace_back(summarise(address, vip));
}

void Holdings::announce(const IpAddress& address, const std::string& vrf,
                        const model::RouteAttributes& route) {
  if (!in_session_) return;
  model::keep_vrf(desired_.vrfs, address, vrf);
  desired_.vips[address] = route;
  Vip& vip = vips_[address];
  vip.held.clear();  // what was known is of before
  vip.installed = false;
}

void Holdings::withdraw(const IpAddress& address, const std::string& vrf) {
  if (!in_session_) return;
  model::keep_vrf(desired_.vrfs, address, vrf);
  desired_.vips[address] = std::nullopt;
  Vip& vip = vips_[address];
  vip.held.clear();
}

void Holdings::complete() { desired_.complete = in_session_; }

void Holdings::clear() {
  desired_.vips.clear();
  desired_.complete = true;
}

Holdings::Events Holdings::inspect(const IpAddress& address, const std::string& vrf) {
  if (!in_session_) {
    return {event::RouteInspected{0, address, model::RibState::unknown, "no daemon can be told"}};
  }
  model::keep_vrf(desired_.vrfs, address, vrf);
  Vip& vip = vips_[address];
  vip.awaited.clear();
  for (const auto& [daemon, state] : daemons_) {
    if (state.ready && is_for(daemon, address)) vip.awaited.insert(daemon);
  }
  Events events;
  if (vip.awaited.empty()) answer(address, vip, events);
  return events;
}

Holdings::Events Holdings::end(const std::string& reason) {
  desired_ = {};
  vips_.clear();
  if (!std::exchange(in_session_, false)) return {};
  return {event::SpeakerDown{session_, reason}};
}

}  // namespace vipherd::frr::vty
