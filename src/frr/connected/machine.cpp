#include "frr/connected/machine.hpp"

#include <utility>

namespace vipherd::frr::connected {
namespace {

using model::RibState;
using Step = State::Step;
namespace event = model::event;

effect::Emit inspection(const State& state, const IpAddress& vip, RibState rib,
                        std::string detail) {
  return {event::RouteInspected{state.session, vip, rib, std::move(detail)}};
}

Effects connect(State& state) {
  state.step = Step::connecting;
  return {effect::ArmDeadline{kGreetingDeadline}, effect::Open{}};
}

void forget(State& state) {
  state.announced.clear();
  state.to_look_at.clear();
}

/// A reason is news only once.
Effects retry(State& state, const std::string& reason) {
  const bool was_established = state.established();
  forget(state);
  state.step = Step::waiting;
  Effects effects{effect::Hangup{},
                  effect::ArmDeadline{next_backoff(state.attempts, state.random)}};
  if (was_established) {
    effects.push_back(effect::Emit{event::SpeakerDown{state.session, reason}});
  } else {
    const bool news = std::exchange(state.last_reason, reason) != reason;
    effects.push_back(effect::Emit{event::SpeakerUnreachable{reason, news}});
  }
  return effects;
}

Effects establish(State& state, const std::string& version) {
  state.step = Step::established;
  state.attempts = 0;
  state.last_reason.clear();
  return {effect::Disarm{},
          effect::Emit{event::SpeakerUp{
              ++state.session, "FRR " + (version.empty() ? "of an unknown version" : version) +
                                   ", by addresses on lo"}}};
}

// ------------------------------------------------------------------ the VIPs

Effects withdraw(State& state, const IpAddress& vip) {
  const auto found = state.announced.find(vip);
  if (found == state.announced.end()) return {};
  const bool installed = found->second.installed;
  state.announced.erase(found);
  // A route that was never seen selected is not removed either: it is absent, as far as it is ours.
  if (!installed) return {inspection(state, vip, RibState::absent, "")};
  return {effect::Emit{event::RouteStatus{state.session, vip, model::RouteOutcome::removed}}};
}

Effects inspect(State& state, const IpAddress& vip) {
  if (!state.established()) {
    return {
        effect::Emit{event::RouteInspected{0, vip, RibState::unknown, "zebra cannot be asked"}}};
  }
  const auto found = state.announced.find(vip);
  // zebra holds it as long as it is attached, and it is attached until the core hears this.
  if (found == state.announced.end()) return {inspection(state, vip, RibState::absent, "")};
  found->second.asked_by_core = true;
  return {effect::AskRib{vip, found->second.vrf}};
}

void look_again_at(State& state, const IpAddress& vip, State::Announced& announced, TimePoint now,
                   Effects& effects) {
  const TimePoint at = now + announced.look_again;
  if (at >= announced.look_until) return;
  announced.look_again *= 2;
  state.to_look_at.emplace(at, vip);
  effects.push_back(effect::ArmLook{state.to_look_at.begin()->first});
}

Effects on_rib(State& state, const input::RibRead& read) {
  const auto found = state.announced.find(read.vip);
  if (!state.established() || found == state.announced.end()) return {};
  State::Announced& announced = found->second;
  Effects effects;
  const bool selected = read.entry.state == RibState::selected;
  if (std::exchange(announced.installed, selected) != selected && selected) {
    effects.push_back(
        effect::Emit{event::RouteStatus{state.session, read.vip, model::RouteOutcome::installed}});
  }
  if (!selected) look_again_at(state, read.vip, announced, read.now, effects);
  if (std::exchange(announced.asked_by_core, false)) {
    effects.push_back(inspection(state, read.vip, read.entry.state, read.entry.detail));
  }
  return effects;
}

Effects on_look(State& state, TimePoint now) {
  Effects effects;
  while (!state.to_look_at.empty() && state.to_look_at.begin()->first <= now) {
    const IpAddress vip = state.to_look_at.begin()->second;
    state.to_look_at.erase(state.to_look_at.begin());
    const auto announced = state.announced.find(vip);
    if (announced != state.announced.end()) {
      effects.push_back(effect::AskRib{vip, announced->second.vrf});
    }
  }
  if (!state.to_look_at.empty()) {
    effects.push_back(effect::ArmLook{state.to_look_at.begin()->first});
  }
  return effects;
}

bool has_stream(Step step) {
  return step == Step::connecting || step == Step::greeting || step == Step::established;
}

struct Resume {
  State& state;

  Effects operator()(const input::Start&) const {
    return state.step == Step::idle ? connect(state) : Effects{};
  }
  Effects operator()(const input::Opened&) const {
    if (state.step != Step::connecting) return {};
    state.step = Step::greeting;
    return {effect::Greet{}};
  }
  Effects operator()(const input::Failed& failed) const {
    return has_stream(state.step) ? retry(state, failed.reason) : Effects{};
  }
  Effects operator()(const input::Greeted& greeted) const {
    if (state.step == Step::greeting) return establish(state, greeted.version);
    if (!state.established()) return {};
    return retry(state, state.path + ": an answer without a question");
  }
  Effects operator()(const input::DeadlinePassed&) const {
    if (state.step == Step::waiting) return connect(state);
    if (state.step != Step::connecting && state.step != Step::greeting) return {};
    return retry(state, state.path + ": no answer within " + format_duration(kGreetingDeadline));
  }
  Effects operator()(const input::Announce& announce) const {
    if (!state.established()) return {};
    state.announced[announce.vip] = {.vrf = announce.vrf, .look_until = announce.now + kLookFor};
    return {effect::AskRib{announce.vip, announce.vrf}};
  }
  Effects operator()(const input::Withdraw& withdrawal) const {
    return state.established() ? withdraw(state, withdrawal.vip) : Effects{};
  }
  Effects operator()(const input::Inspect& question) const { return inspect(state, question.vip); }
  Effects operator()(const input::RibRead& read) const { return on_rib(state, read); }
  Effects operator()(const input::LookDue& due) const {
    return state.established() ? on_look(state, due.now) : Effects{};
  }
  Effects operator()(const input::Close&) const {
    if (state.step == Step::closed) return {};
    const bool was_established = state.established();
    forget(state);
    state.step = Step::closed;
    Effects effects{effect::Hangup{}, effect::Disarm{}};
    if (was_established) {
      effects.push_back(effect::Emit{event::SpeakerDown{state.session, "closed by the agent"}});
    }
    return effects;
  }
};

}  // namespace

Effects resume(State& state, const Input& input) { return std::visit(Resume{state}, input); }

}  // namespace vipherd::frr::connected
