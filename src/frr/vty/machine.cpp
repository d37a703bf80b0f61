#include "frr/vty/machine.hpp"

#include <algorithm>
#include <utility>

#include "frr/vty/diff.hpp"
#include "vipherd/wire/vty/vty.hpp"

namespace vipherd::frr::vty {
namespace {

using Step = State::Step;
using Kind = Command::Kind;
using Held = wire::vty::Holding::State;

std::string name_of(const State& state) { return to_string(state.place); }

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

Effects send_script(State& state, Step step, std::vector<Command> script) {
  std::vector<std::string> commands;
  for (const Command& command : script) commands.push_back(command.text);
  state.script = std::move(script);
  return send(state, step, std::move(commands));
}

Effects connect(State& state) {
  state.step = Step::connecting;
  return {effect::ArmDeadline{kSilence}, effect::Open{}};
}

/// VIPs of other VRFs are none of this place's.
const model::RouteAttributes* wished_route(const State& state, const DesiredRoutes& wishes,
                                           const IpAddress& vip) {
  const auto found = wishes.vips.find(vip);
  if (found == wishes.vips.end() || !found->second) return nullptr;
  return carries(state.place, vip, wishes.vrfs) ? &*found->second : nullptr;
}

wire::vty::RouteMap map_for(const State& state, const model::RouteAttributes& route) {
  return wire::vty::make_route_map(route, state.bgp.as_number, state.place.vrf);
}

// ------------------------------------------------------------------------------ writing

/// Everything the wishes may concern.
void expand_dirty(State& state, const DesiredRoutes& wishes) {
  if (!std::exchange(state.all_dirty, false)) return;
  for (const auto& [vip, route] : wishes.vips) {
    if (carries(state.place, vip, wishes.vrfs)) state.dirty.insert(vip);
  }
  if (!wishes.complete) return;
  for (const auto& [vip, name] : state.bgp.networks) state.dirty.insert(vip);
}

/// The daemon holds what is wished of these, or has refused it: look what it makes of it.
void conclude_working(State& state, const DesiredRoutes& wishes) {
  for (const IpAddress& vip : std::exchange(state.working, {})) {
    const auto* route = wished_route(state, wishes, vip);
    if (route != nullptr && state.daemon == Daemon::bgpd) {
      const auto refused = state.refused_maps.find(map_for(state, *route).name);
      if (refused != state.refused_maps.end()) state.refused[vip] = refused->second;
    }
    state.unproven[vip] = 0;
  }
}

/// What bgpd is to be told next; nothing if it holds all that is wished.
std::optional<Effects> write_networks(State& state, const DesiredRoutes& wishes) {
  expand_dirty(state, wishes);
  while (!state.dirty.empty() || state.untidy) {
    auto maps = diff_route_maps(state, wishes);
    if (!maps.empty()) return send_script(state, Step::preparing, std::move(maps));
    const bool last = state.dirty.empty();
    auto script = diff_networks(state, wishes);
    if (last) state.untidy = false;
    if (!script.empty()) return send_script(state, Step::writing, std::move(script));
    conclude_working(state, wishes);
  }
  return std::nullopt;
}

Effects read_again(State& state) {
  return send(state, Step::reading, {std::string(wire::vty::kShowConfig)});
}

std::optional<Effects> write_lists(State& state) {
  if (state.dirty.empty() && !state.all_dirty) return std::nullopt;
  state.audit = false;  // the same reading serves
  return read_again(state);
}

Effects go_on(State& state, const DesiredRoutes& wishes);

Effects change_lists(State& state, const DesiredRoutes& wishes) {
  expand_dirty(state, wishes);
  state.working.merge(std::exchange(state.dirty, {}));
  auto script = diff_lists(state, wishes);
  if (!script.empty() && script == state.last_lists) {
    return retry(state, name_of(state) + " does not keep the entries of prefix-lists it is given");
  }
  state.last_lists = script;
  if (!script.empty()) {
    // Nobody here has changed a wish: another program has changed the lists. Of which VIPs is not
    // worth finding out.
    if (state.working.empty()) {
      for (const auto& [vip, route] : wishes.vips) {
        if (carries(state.place, vip, wishes.vrfs)) state.working.insert(vip);
      }
    }
    return send_script(state, Step::writing, std::move(script));
  }
  conclude_working(state, wishes);
  return go_on(state, wishes);
}

// ------------------------------------------------------------------------------- asking

std::string question_about(const State& state, const IpAddress& vip) {
  switch (state.daemon) {
    case Daemon::bgpd:
      return wire::vty::show_bgp_command(vip, state.place.vrf);
    case Daemon::ospfd:
      return wire::vty::show_ospf_command(vip, state.place.vrf);
    case Daemon::ospf6d:
      return wire::vty::show_ospf6_command(state.ospf.advertises, state.place.vrf);
  }
  return {};
}

std::optional<Effects> ask(State& state) {
  std::set<IpAddress> about;
  for (const IpAddress& vip : state.questions) {
    if (about.size() < kBatch) about.insert(vip);
  }
  if (state.look_now) {
    for (const auto& [vip, looks] : state.unproven) {
      if (about.size() < kBatch) about.insert(vip);
    }
  }
  if (about.empty()) return std::nullopt;
  std::vector<std::string> commands;
  state.asked.clear();
  for (const IpAddress& vip : about) {
    state.questions.erase(vip);
    state.asked[question_about(state, vip)].insert(vip);
  }
  for (const auto& [question, vips] : state.asked) commands.push_back(question);
  return send(state, Step::asking, std::move(commands));
}

/// The least patient of what was written and not proven yet.
Duration next_look(const State& state) {
  std::uint32_t looks = kLooks;
  for (const auto& [vip, taken] : state.unproven) looks = std::min(looks, taken);
  return kLook * (std::int64_t{1} << (2 * looks));
}

/// What is to be done next in a connection that is ready and waits for nothing.
Effects go_on(State& state, const DesiredRoutes& wishes) {
  state.step = Step::ready;
  auto written = state.daemon == Daemon::bgpd ? write_networks(state, wishes) : write_lists(state);
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

// ------------------------------------------------------------------------------ answers

Effects on_opened(State& state) {
  return send(state, Step::opening,
              {std::string(wire::vty::kEnable), std::string(wire::vty::kShowVersion),
               std::string(wire::vty::kShowConfig)});
}

/// Reads the running configuration; a sentence if vipherd cannot work with it.
std::string read_config(State& state, const std::string& text) {
  state.vrfs_seen = wire::vty::vrfs_with_own_lines(text);
  if (state.daemon == Daemon::bgpd) {
    auto config = wire::vty::parse_bgp_config(text, state.place.vrf);
    if (!config) return config.error().what;
    state.bgp = std::move(*config);
    return {};
  }
  const Family family = state.daemon == Daemon::ospfd ? Family::ipv4 : Family::ipv6;
  auto config = wire::vty::parse_ospf_config(text, family, state.place.vrf);
  if (!config) return config.error().what;
  state.ospf = std::move(*config);
  return {};
}

Effects on_opening(State& state, const std::vector<Answer>& answers, const DesiredRoutes& wishes) {
  if (const std::string reason = read_config(state, answers.back().text); !reason.empty()) {
    return retry(state, reason);
  }
  const auto version = wire::vty::parse_version(answers[1].text);
  state.all_dirty = state.untidy = true;
  const bool holds_lines =
      !state.bgp.networks.empty() || !state.ospf.lists.empty() || !state.vrfs_seen.empty();
  Effects effects{effect::Ready{name_of(state) + (version ? " of FRR " + *version : std::string()),
                                holds_lines}};
  for (Effect& effect : go_on(state, wishes)) effects.push_back(std::move(effect));
  return effects;
}

std::string refusal(const State& state, const Command& command, const Answer& answer) {
  return name_of(state) + " refused \"" + command.text +
         "\": " + wire::vty::first_words(answer.text);
}

/// Another program removed it before: so much the better.
bool is_gone(const Answer& answer) {
  return answer.text.find("Can't find") != std::string::npos ||
         answer.text.find("not find") != std::string::npos;
}

/// One command of a script and what came of it; a sentence if nothing else can be right either.
std::string take_answer(State& state, const Command& command, const Answer& answer) {
  const bool taken = wire::vty::is_taken(answer.status);
  switch (command.kind) {
    case Kind::frame:
      return taken ? std::string() : refusal(state, command, answer);
    case Kind::prepare:
      if (!taken) {
        state.refused_maps.emplace(command.name, refusal(state, command, answer));
        state.untidy = true;
      }
      return {};
    case Kind::add:
      if (state.daemon != Daemon::bgpd) {
        return taken ? std::string() : refusal(state, command, answer);
      }
      if (taken) {
        state.bgp.networks[command.vip] = command.name;
        state.refused.erase(command.vip);
        state.untidy = true;
      } else {
        state.refused[command.vip] = refusal(state, command, answer);
      }
      return {};
    case Kind::remove:
      if (taken) ++state.removed;
      if (!taken && !is_gone(answer)) return refusal(state, command, answer);
      if (state.daemon != Daemon::bgpd) return {};
      if (command.text.starts_with("no network ")) {
        state.bgp.networks.erase(command.vip);
        state.untidy = true;
      } else {
        state.bgp.route_maps.erase(command.name);
      }
      return {};
  }
  return {};
}

Effects on_written(State& state, const std::vector<Answer>& answers, const DesiredRoutes& wishes) {
  const auto script = std::exchange(state.script, {});
  const bool preparing = state.step == Step::preparing;
  for (std::size_t index = 0; index < script.size(); ++index) {
    const std::string trouble = take_answer(state, script[index], answers[index]);
    if (!trouble.empty()) return retry(state, trouble);
  }
  state.attempts = 0;
  if (preparing) return read_again(state);
  if (state.daemon == Daemon::bgpd) {
    conclude_working(state, wishes);
    return go_on(state, wishes);
  }
  // Once more: for the rest of a long change, and to see that it is there.
  return read_again(state);
}

/// What bgpd makes of the route-maps that it was just given.
void take_written_maps(State& state) {
  for (const auto& [name, wanted] : std::exchange(state.written_maps, {})) {
    if (state.refused_maps.contains(name)) continue;
    const auto held = state.bgp.route_maps.find(name);
    if (held == state.bgp.route_maps.end()) {
      state.refused_maps[name] = name_of(state) + " does not keep the route-map " + name;
      continue;
    }
    if (held->second != wanted) state.spelled[name] = held->second;
    state.rewritten.insert(name);
    for (const auto& [vip, map] : state.bgp.networks) {
      if (map == name) state.dirty.insert(vip);
    }
  }
}

/// Whatever bgpd holds that is not as it is wished, or lacks.
void compare_networks(State& state, const DesiredRoutes& wishes) {
  for (const auto& [vip, route] : wishes.vips) {
    if (!state.refused.contains(vip) && differs(state, wishes, vip)) state.dirty.insert(vip);
  }
  for (const auto& [vip, map] : state.bgp.networks) {
    if (differs(state, wishes, vip)) state.dirty.insert(vip);
  }
  for (const IpAddress& vip : std::exchange(state.without_effect, {})) {
    if (wished_route(state, wishes, vip) == nullptr || state.refused.contains(vip)) continue;
    if (state.dirty.insert(vip).second) state.given_again.insert(vip);
  }
  state.untidy = true;
}

Effects on_read(State& state, const std::vector<Answer>& answers, const DesiredRoutes& wishes) {
  if (const std::string reason = read_config(state, answers.back().text); !reason.empty()) {
    return retry(state, reason);
  }
  const bool comparing = std::exchange(state.comparing, false);
  if (state.daemon != Daemon::bgpd) return change_lists(state, wishes);
  take_written_maps(state);
  if (comparing) compare_networks(state, wishes);
  return go_on(state, wishes);
}

/// What an absence means of a VIP that is to be announced.
wire::vty::Holding explain_absence(const State& state, const model::RouteAttributes& route,
                                   const DesiredRoutes& wishes) {
  if (state.daemon == Daemon::bgpd) return {Held::absent, ""};
  const bool listed = std::ranges::any_of(state.ospf.referred, [&](const std::string& list) {
    return wire::vty::selects(list, route.tag, state.place.vrf);
  });
  if (!listed) {
    return {Held::blocked,
            name_of(state) + " refers to no prefix-list for the tag " + std::to_string(route.tag)};
  }
  if (state.ospf.advertises && wishes.vips.size() > kMostAdvertised) {
    return {Held::blocked, "ospf6d can advertise no more than " + std::to_string(kMostAdvertised) +
                               " VIPs of an interface"};
  }
  return {Held::blocked, name_of(state) +
                             " has it in its prefix-list, but originates no LSA for "
                             "it: it has to be an address on " +
                             (state.place.vrf.empty() ? "lo" : state.place.vrf)};
}

wire::vty::Holding judge(const State& state, const Answer& answer, const IpAddress& vip,
                         const DesiredRoutes& wishes) {
  const auto* route = wished_route(state, wishes, vip);
  const auto refused = state.refused.find(vip);
  if (route != nullptr && refused != state.refused.end()) return {Held::blocked, refused->second};
  if (answer.status > wire::vty::kWarning) {
    return {Held::unknown, name_of(state) + " does not answer the question: " +
                               wire::vty::first_words(answer.text)};
  }
  const wire::vty::Holding holding =
      state.daemon == Daemon::bgpd ? wire::vty::parse_bgp_path(answer.text, vip, state.place.vrf)
                                   : wire::vty::parse_ospf_lsa(answer.text, vip);
  const bool missing = holding.state == Held::absent && route != nullptr;
  return missing ? explain_absence(state, *route, wishes) : holding;
}

/// Written long ago, and not there: another program may have removed it, and more than that.
bool is_missed(const State& state, const IpAddress& vip, Held found, const DesiredRoutes& wishes) {
  const bool lacking = found == Held::absent || found == Held::blocked;
  return lacking && wished_route(state, wishes, vip) != nullptr && !state.unproven.contains(vip) &&
         !state.refused.contains(vip);
}

void count_look(State& state, const IpAddress& vip, Held found, const DesiredRoutes& wishes) {
  const auto unproven = state.unproven.find(vip);
  if (unproven == state.unproven.end()) return;
  const Held wanted = wished_route(state, wishes, vip) != nullptr ? Held::held : Held::absent;
  if (found == wanted || ++unproven->second >= kLooks) state.unproven.erase(unproven);
}

Effects on_found(State& state, const std::vector<Answer>& answers, const DesiredRoutes& wishes) {
  Effects effects;
  std::size_t index = 0;
  const bool looked = std::exchange(state.look_now, false);
  std::size_t unseen = state.unproven.size();
  for (const auto& [question, vips] : std::exchange(state.asked, {})) {
    for (const IpAddress& vip : vips) {
      unseen -= state.unproven.count(vip);
      const wire::vty::Holding holding = judge(state, answers[index], vip, wishes);
      if (is_missed(state, vip, holding.state, wishes)) {
        state.audit = true;
        const bool may_help = holding.without_effect || holding.state == Held::absent;
        if (state.daemon == Daemon::bgpd && may_help) state.without_effect.insert(vip);
      }
      count_look(state, vip, holding.state, wishes);
      effects.push_back(effect::Found{vip, holding});
    }
    ++index;
  }
  // The rest of what is to be looked at now, if that was too much for one batch.
  state.look_now = looked && unseen > 0;
  state.attempts = 0;
  for (Effect& effect : go_on(state, wishes)) effects.push_back(std::move(effect));
  return effects;
}

Effects on_answers(State& state, const std::vector<Answer>& answers, const DesiredRoutes& wishes) {
  switch (state.step) {
    case Step::opening:
      return on_opening(state, answers, wishes);
    case Step::preparing:
    case Step::writing:
      return on_written(state, answers, wishes);
    case Step::reading:
      return on_read(state, answers, wishes);
    case Step::asking:
      return on_found(state, answers, wishes);
    case Step::idle:
    case Step::waiting:
    case Step::connecting:
    case Step::ready:
    case Step::closed:
      return {};
  }
  return {};
}

Effects on_deadline(State& state, const DesiredRoutes& wishes) {
  switch (state.step) {
    case Step::waiting:
      return connect(state);
    case Step::ready:
      state.attempts = 0;
      state.look_now = true;
      return go_on(state, wishes);
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
  const DesiredRoutes& wishes;

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
    return on_answers(state, answered.answers, wishes);
  }
  Effects operator()(const input::DeadlinePassed&) const { return on_deadline(state, wishes); }
  Effects operator()(const input::Changed& changed) const {
    if (!state.is_ready()) return {};
    for (const IpAddress& vip : changed.vips) {
      if (!carries(state.place, vip, wishes.vrfs)) continue;
      state.dirty.insert(vip);
      try_again(vip);
    }
    return state.step == Step::ready ? go_on(state, wishes) : Effects{};
  }
  Effects operator()(const input::ChangedAll&) const {
    if (!state.is_ready()) return {};
    state.all_dirty = true;
    return state.step == Step::ready ? go_on(state, wishes) : Effects{};
  }
  Effects operator()(const input::Audit&) const {
    if (!state.is_ready()) return {};
    state.audit = true;
    return state.step == Step::ready ? go_on(state, wishes) : Effects{};
  }
  Effects operator()(const input::Inspect& question) const {
    if (!state.is_ready() || !carries(state.place, question.vip, wishes.vrfs)) return {};
    state.questions.insert(question.vip);
    if (state.refused.contains(question.vip)) {
      state.dirty.insert(question.vip);
      try_again(question.vip);
    }
    return state.step == Step::ready ? go_on(state, wishes) : Effects{};
  }
  Effects operator()(const input::Close&) const {
    if (state.step == Step::closed) return {};
    forget(state);
    state.step = Step::closed;
    return {effect::Hangup{}, effect::Disarm{}};
  }

  /// What was refused once may be taken now.
  void try_again(const IpAddress& vip) const {
    if (state.refused.erase(vip) == 0 || state.daemon != Daemon::bgpd) return;
    const auto* route = wished_route(state, wishes, vip);
    if (route == nullptr) return;
    state.refused_maps.erase(map_for(state, *route).name);
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

std::string to_string(const Instance& place) {
  const std::string name(to_string(place.daemon));
  return place.vrf.empty() ? name : name + " in VRF " + place.vrf;
}

bool carries(const Instance& place, const IpAddress& vip, const model::Vrfs& vrfs) {
  if (model::vrf_of(vrfs, vip) != place.vrf) return false;
  switch (place.daemon) {
    case Daemon::bgpd:
      return true;
    case Daemon::ospfd:
      return vip.is_v4();
    case Daemon::ospf6d:
      return !vip.is_v4();
  }
  return false;
}

Effects resume(State& state, const Input& input, const DesiredRoutes& wishes) {
  return std::visit(Resume{state, wishes}, input);
}

}  // namespace vipherd::frr::vty
