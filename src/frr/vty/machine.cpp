#include "frr/vty/machine.hpp"

#include <algorithm>
#include <utility>

#include "frr/vty/steps.hpp"
#include "vipherd/wire/vty/vty.hpp"

namespace vipherd::frr::vty {
namespace {

using Step = State::Step;

/// What was known of the daemon is worth nothing without the connection.
void forget(State& state) {
  state.bgp = {};
  state.ospf = {};
  state.dirty.clear();
  state.all_dirty = state.untidy = state.look_now = false;
  state.audit = state.comparing = false;
  state.written_maps.clear();
  state.rewritten.clear();
  state.without_effect.clear();
  state.given_again.clear();
  state.spelled.clear();
  state.refused_maps.clear();
  state.refused.clear();
  state.script.clear();
  state.last_lists.clear();
  state.working.clear();
  state.unproven.clear();
  state.questions.clear();
  state.asked.clear();
}

}  // namespace

std::string name_of(const State& state) { return to_string(state.instance); }

Effects retry(State& state, const std::string& reason) {
  const bool was_ready = state.is_ready();
  forget(state);
  state.step = Step::waiting;
  return {effect::Hangup{}, effect::ArmDeadline{next_backoff(state.attempts, state.random)},
          effect::Down{reason, was_ready}};
}

Effects send(State& state, Step step, std::vector<std::string> commands) {
  state.step = step;
  return {effect::ArmDeadline{kSilence, /*silence=*/true}, effect::Send{std::move(commands)}};
}

Effects read_again(State& state) {
  return send(state, Step::reading, {std::string(wire::vty::kShowConfig)});
}

/// VIPs of other VRFs are none of this place's.
const model::RouteAttributes* desired_route(const State& state, const DesiredRoutes& desired,
                                            const IpAddress& vip) {
  const auto found = desired.vips.find(vip);
  if (found == desired.vips.end() || !found->second) return nullptr;
  return carries(state.instance, vip, desired.vrfs) ? &*found->second : nullptr;
}

Effects go_on(State& state, const DesiredRoutes& desired) {
  state.step = Step::ready;
  auto written = state.daemon == Daemon::bgpd ? write_networks(state, desired) : write_lists(state);
  if (written) return std::move(*written);
  state.rewritten.clear();
  if (std::exchange(state.audit, false)) {
    state.comparing = true;
    return read_again(state);
  }
  if (auto asked = ask(state)) return std::move(*asked);
  state.look_now = false;
  if (state.unproven.empty()) return {effect::Disarm{}, effect::Settled{}};
  return {effect::ArmDeadline{next_look(state)}, effect::Settled{}};
}

namespace {

Effects connect(State& state) {
  state.step = Step::connecting;
  return {effect::ArmDeadline{kSilence}, effect::Open{}};
}

Effects on_opened(State& state) {
  return send(state, Step::opening,
              {std::string(wire::vty::kEnable), std::string(wire::vty::kShowVersion),
               std::string(wire::vty::kShowConfig)});
}

/// Reads the running configuration; a sentence if vipherd cannot work with it.
std::string read_config(State& state, const std::string& text) {
  state.vrfs_seen = wire::vty::vrfs_with_own_lines(text);
  if (state.daemon == Daemon::bgpd) {
    auto config = wire::vty::parse_bgp_config(text, state.instance.vrf);
    if (!config) return config.error().what;
    state.bgp = std::move(*config);
    return {};
  }
  const Family family = state.daemon == Daemon::ospfd ? Family::ipv4 : Family::ipv6;
  auto config = wire::vty::parse_ospf_config(text, family, state.instance.vrf);
  if (!config) return config.error().what;
  state.ospf = std::move(*config);
  return {};
}

Effects on_opening(State& state, const std::vector<Answer>& answers, const DesiredRoutes& desired) {
  if (const std::string reason = read_config(state, answers.back().text); !reason.empty()) {
    return retry(state, reason);
  }
  const auto version = wire::vty::parse_version(answers[1].text);
  state.all_dirty = state.untidy = true;
  const bool holds_lines =
      !state.bgp.networks.empty() || !state.ospf.lists.empty() || !state.vrfs_seen.empty();
  Effects effects{effect::Ready{name_of(state) + (version ? " of FRR " + *version : std::string()),
                                holds_lines}};
  for (Effect& effect : go_on(state, desired)) effects.push_back(std::move(effect));
  return effects;
}

Effects on_read(State& state, const std::vector<Answer>& answers, const DesiredRoutes& desired) {
  if (const std::string reason = read_config(state, answers.back().text); !reason.empty()) {
    return retry(state, reason);
  }
  const bool comparing = std::exchange(state.comparing, false);
  if (state.daemon != Daemon::bgpd) return change_lists(state, desired);
  take_written_maps(state);
  if (comparing) compare_networks(state, desired);
  return go_on(state, desired);
}

Effects on_answers(State& state, const std::vector<Answer>& answers, const DesiredRoutes& desired) {
  switch (state.step) {
    case Step::opening:
      return on_opening(state, answers, desired);
    case Step::preparing:
    case Step::writing:
      return on_written(state, answers, desired);
    case Step::reading:
      return on_read(state, answers, desired);
    case Step::asking:
      return on_found(state, answers, desired);
    case Step::idle:
    case Step::waiting:
    case Step::connecting:
    case Step::ready:
    case Step::closed:
      return {};
  }
  return {};
}

Effects on_deadline(State& state, const DesiredRoutes& desired) {
  switch (state.step) {
    case Step::waiting:
      return connect(state);
    case Step::ready:
      state.attempts = 0;
      state.look_now = true;
      return go_on(state, desired);
    case Step::connecting:
    case Step::opening:
    case Step::preparing:
    case Step::writing:
    case Step::reading:
    case Step::asking:
      return retry(state, name_of(state) + " did not answer within " + format_duration(kSilence) +
                              ": hung, or very busy");
    case Step::idle:
    case Step::closed:
      return {};
  }
  return {};
}

struct Resume {
  State& state;
  const DesiredRoutes& desired;

  Effects operator()(const input::Start&) const {
    return state.step == Step::idle ? connect(state) : Effects{};
  }
  Effects operator()(const input::Opened&) const {
    return state.step == Step::connecting ? on_opened(state) : Effects{};
  }
  Effects operator()(const input::Failed& failed) const {
    const bool connected =
        state.is_ready() || state.step == Step::connecting || state.step == Step::opening;
    return connected ? retry(state, failed.reason) : Effects{};
  }
  Effects operator()(const input::Answered& answered) const {
    return on_answers(state, answered.answers, desired);
  }
  Effects operator()(const input::DeadlinePassed&) const { return on_deadline(state, desired); }
  Effects operator()(const input::Changed& changed) const {
    if (!state.is_ready()) return {};
    for (const IpAddress& vip : changed.vips) {
      if (!carries(state.instance, vip, desired.vrfs)) continue;
      state.dirty.insert(vip);
      try_again(state, desired, vip);
    }
    return state.step == Step::ready ? go_on(state, desired) : Effects{};
  }
  Effects operator()(const input::ChangedAll&) const {
    if (!state.is_ready()) return {};
    state.all_dirty = true;
    return state.step == Step::ready ? go_on(state, desired) : Effects{};
  }
  Effects operator()(const input::Audit&) const {
    if (!state.is_ready()) return {};
    state.audit = true;
    return state.step == Step::ready ? go_on(state, desired) : Effects{};
  }
  Effects operator()(const input::Inspect& question) const {
    if (!state.is_ready() || !carries(state.instance, question.vip, desired.vrfs)) return {};
    state.questions.insert(question.vip);
    if (state.refused.contains(question.vip)) {
      state.dirty.insert(question.vip);
      try_again(state, desired, question.vip);
    }
    return state.step == Step::ready ? go_on(state, desired) : Effects{};
  }
  Effects operator()(const input::Close&) const {
    if (state.step == Step::closed) return {};
    forget(state);
    state.step = Step::closed;
    return {effect::Hangup{}, effect::Disarm{}};
  }
};

}  // namespace

std::string_view to_string(Daemon daemon) {
  switch (daemon) {
    case Daemon::bgpd:
      return "bgpd";
    case Daemon::ospfd:
      return "ospfd";
    case Daemon::ospf6d:
      return "ospf6d";
  }
  return "";
}

std::string to_string(const Instance& instance) {
  const std::string name(to_string(instance.daemon));
  return instance.vrf.empty() ? name : name + " in VRF " + instance.vrf;
}

bool carries(const Instance& instance, const IpAddress& vip, const model::Vrfs& vrfs) {
  if (model::vrf_of(vrfs, vip) != instance.vrf) return false;
  switch (instance.daemon) {
    case Daemon::bgpd:
      return true;
    case Daemon::ospfd:
      return vip.is_v4();
    case Daemon::ospf6d:
      return !vip.is_v4();
  }
  return false;
}

Effects resume(State& state, const Input& input, const DesiredRoutes& desired) {
  return std::visit(Resume{state, desired}, input);
}

}  // namespace vipherd::frr::vty
