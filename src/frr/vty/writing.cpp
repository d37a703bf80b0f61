#include <algorithm>
#include <utility>

#include "frr/vty/diff.hpp"
#include "frr/vty/steps.hpp"

namespace vipherd::frr::vty {
namespace {

using Step = State::Step;
using Kind = Command::Kind;

Effects send_script(State& state, Step step, std::vector<Command> script) {
  std::vector<std::string> commands;
  commands.reserve(script.size());
  for (const Command& command : script) commands.push_back(command.text);
  state.script = std::move(script);
  return send(state, step, std::move(commands));
}

wire::vty::RouteMap map_for(const State& state, const model::RouteAttributes& route) {
  return wire::vty::make_route_map(route, state.bgp.as_number, state.instance.vrf);
}

/// Everything the desired may concern.
void expand_dirty(State& state, const DesiredRoutes& desired) {
  if (!std::exchange(state.all_dirty, false)) return;
  for (const auto& [vip, route] : desired.vips) {
    if (carries(state.instance, vip, desired.vrfs)) state.dirty.insert(vip);
  }
  if (!desired.complete) return;
  for (const auto& [vip, name] : state.bgp.networks) state.dirty.insert(vip);
}

/// The daemon holds what is wanted of these, or has refused it: look what it makes of it.
void conclude_working(State& state, const DesiredRoutes& desired) {
  for (const IpAddress& vip : std::exchange(state.working, {})) {
    const auto* route = desired_route(state, desired, vip);
    if (route != nullptr && state.daemon == Daemon::bgpd) {
      const auto refused = state.refused_maps.find(map_for(state, *route).name);
      if (refused != state.refused_maps.end()) state.refused[vip] = refused->second;
    }
    state.unproven[vip] = 0;
  }
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

}  // namespace

std::optional<Effects> write_networks(State& state, const DesiredRoutes& desired) {
  expand_dirty(state, desired);
  while (!state.dirty.empty() || state.untidy) {
    auto maps = diff_route_maps(state, desired);
    if (!maps.empty()) return send_script(state, Step::preparing, std::move(maps));
    const bool last = state.dirty.empty();
    auto script = diff_networks(state, desired);
    if (last) state.untidy = false;
    if (!script.empty()) return send_script(state, Step::writing, std::move(script));
    conclude_working(state, desired);
  }
  return std::nullopt;
}

std::optional<Effects> write_lists(State& state) {
  if (state.dirty.empty() && !state.all_dirty) return std::nullopt;
  state.audit = false;  // the same reading serves
  return read_again(state);
}

Effects change_lists(State& state, const DesiredRoutes& desired) {
  expand_dirty(state, desired);
  state.working.merge(std::exchange(state.dirty, {}));
  auto script = diff_lists(state, desired);
  if (!script.empty() && script == state.last_lists) {
    return retry(state, name_of(state) + " does not keep the entries of prefix-lists it is given");
  }
  state.last_lists = script;
  if (!script.empty()) {
    // No route wanted here has changed: another program has changed the lists. Of which VIPs is not
    // worth finding out.
    if (state.working.empty()) {
      for (const auto& [vip, route] : desired.vips) {
        if (carries(state.instance, vip, desired.vrfs)) state.working.insert(vip);
      }
    }
    return send_script(state, Step::writing, std::move(script));
  }
  conclude_working(state, desired);
  return go_on(state, desired);
}

Effects on_written(State& state, const std::vector<Answer>& answers, const DesiredRoutes& desired) {
  const auto script = std::exchange(state.script, {});
  const bool preparing = state.step == Step::preparing;
  for (std::size_t index = 0; index < script.size(); ++index) {
    const std::string trouble = take_answer(state, script[index], answers[index]);
    if (!trouble.empty()) return retry(state, trouble);
  }
  state.attempts = 0;
  if (preparing) return read_again(state);
  if (state.daemon == Daemon::bgpd) {
    conclude_working(state, desired);
    return go_on(state, desired);
  }
  // Once more: for the rest of a long change, and to see that it is there.
  return read_again(state);
}

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

void compare_networks(State& state, const DesiredRoutes& desired) {
  for (const auto& [vip, route] : desired.vips) {
    if (!state.refused.contains(vip) && differs(state, desired, vip)) state.dirty.insert(vip);
  }
  for (const auto& [vip, map] : state.bgp.networks) {
    if (differs(state, desired, vip)) state.dirty.insert(vip);
  }
  for (const IpAddress& vip : std::exchange(state.without_effect, {})) {
    if (desired_route(state, desired, vip) == nullptr || state.refused.contains(vip)) continue;
    if (state.dirty.insert(vip).second) state.given_again.insert(vip);
  }
  state.untidy = true;
}

void try_again(State& state, const DesiredRoutes& desired, const IpAddress& vip) {
  if (state.refused.erase(vip) == 0 || state.daemon != Daemon::bgpd) return;
  const auto* route = desired_route(state, desired, vip);
  if (route == nullptr) return;
  state.refused_maps.erase(map_for(state, *route).name);
}

}  // namespace vipherd::frr::vty
