#include "frr/vty/diff.hpp"

#include <algorithm>
#include <utility>

#include "vipherd/wire/vty/vty.hpp"

namespace vipherd::frr::vty {
namespace {

using Kind = Command::Kind;
using Script = std::vector<Command>;

void frame(Script& script, std::string text) { script.push_back({Kind::frame, std::move(text)}); }

/// What is wanted of a VIP: leave it, announce it, or let it go.
enum class Desired : std::uint8_t { leave, announce, go };

/// A VIP of another VRF is as one that was not named.
Desired desired_for(const State& state, const DesiredRoutes& desired, const IpAddress& vip) {
  const auto found = desired.vips.find(vip);
  const bool named = found != desired.vips.end() && carries(state.instance, vip, desired.vrfs);
  if (!named) return desired.complete ? Desired::go : Desired::leave;
  return found->second ? Desired::announce : Desired::go;
}

wire::vty::RouteMap map_for(const State& state, const DesiredRoutes& desired,
                            const IpAddress& vip) {
  return wire::vty::make_route_map(*desired.vips.at(vip), state.bgp.as_number, state.instance.vrf);
}

std::string network(const IpAddress& vip, const std::string& route_map) {
  return "network " + IpPrefix{vip, vip.host_length()}.to_string() + " route-map " + route_map;
}

void take_network(State& state, const DesiredRoutes& desired, const IpAddress& vip,
                  Script& script) {
  const auto held = state.bgp.networks.find(vip);
  switch (desired_for(state, desired, vip)) {
    case Desired::leave:
      return;
    case Desired::go:
      if (held != state.bgp.networks.end()) {
        script.push_back({Kind::remove, "no " + network(vip, held->second), vip, held->second});
      }
      return;
    case Desired::announce: {
      const std::string name = map_for(state, desired, vip).name;
      const bool same = held != state.bgp.networks.end() && held->second == name &&
                        !state.rewritten.contains(name);
      const bool again = state.given_again.erase(vip) > 0 && same;
      if ((same && !again) || state.refused_maps.contains(name)) return;
      if (again) script.push_back({Kind::remove, "no " + network(vip, name), vip, name});
      script.push_back({Kind::add, network(vip, name), vip, name});
      return;
    }
  }
}

void append_family(Script& script, Family family, const Script& statements) {
  const auto is_of_family = [family](const Command& command) {
    return command.vip.family() == family;
  };
  if (std::ranges::none_of(statements, is_of_family)) return;
  frame(script,
        family == Family::ipv4 ? "address-family ipv4 unicast" : "address-family ipv6 unicast");
  std::ranges::copy_if(statements, std::back_inserter(script), is_of_family);
  frame(script, "exit-address-family");
}

Script remove_unused_maps(const State& state) {
  std::set<std::string> used;
  for (const auto& [vip, name] : state.bgp.networks) used.insert(name);
  Script script;
  for (const auto& [name, entries] : state.bgp.route_maps) {
    if (used.contains(name) || script.size() > kBatch) continue;
    if (script.empty()) frame(script, "configure terminal");
    script.push_back({Kind::remove, "no route-map " + name, {}, name});
  }
  if (!script.empty()) frame(script, "end");
  return script;
}

bool is_kept(const State& state, const wire::vty::RouteMap& map) {
  const auto held = state.bgp.route_maps.find(map.name);
  if (held == state.bgp.route_maps.end()) return false;
  const auto spelled = state.spelled.find(map.name);
  return held->second == map.entries() ||
         (spelled != state.spelled.end() && held->second == spelled->second);
}

/// What others have put into it goes line by line: without its map a network statement announces
/// nothing.
void write_map(const State& state, const wire::vty::RouteMap& map, Script& script) {
  const auto prepare = [&](std::string text) {
    script.push_back({Kind::prepare, std::move(text), {}, map.name});
  };
  const std::string head = "route-map " + map.name + " ";
  const auto held = state.bgp.route_maps.find(map.name);
  prepare(head + std::string(wire::vty::kMapEntry));
  if (held != state.bgp.route_maps.end()) {
    const auto spelled = state.spelled.find(map.name);
    const auto wanted = (spelled != state.spelled.end() ? spelled->second : map.entries());
    for (const auto& [entry, lines] : held->second) {
      if (!wanted.contains(entry)) continue;
      for (const std::string& line : lines) {
        if (!wanted.at(entry).contains(line)) prepare("no " + line);
      }
    }
  }
  for (const std::string& line : map.lines) prepare(line);
  frame(script, "exit");
  if (held == state.bgp.route_maps.end()) return;
  const std::string removal = "no " + head;
  for (const auto& [entry, lines] : held->second) {
    const bool replaced = entry.ends_with(" 10");  // a "deny 10" has become "permit 10"
    if (!replaced) script.push_back({Kind::prepare, removal + entry, {}, map.name});
  }
}

/// What a list is to permit: what is wanted and, as long as it may be wanted still, what is there.
std::set<IpAddress> wanted_in(const std::string& list, const State& state,
                              const DesiredRoutes& desired) {
  std::set<IpAddress> wanted;
  for (const auto& [vip, route] : desired.vips) {
    if (route && carries(state.instance, vip, desired.vrfs) &&
        wire::vty::selects(list, route->tag, state.instance.vrf)) {
      wanted.insert(vip);
    }
  }
  const auto held = state.ospf.lists.find(list);
  if (held == state.ospf.lists.end() || desired.complete) return wanted;
  for (const auto& [number, entry] : held->second) {
    for (const IpAddress& vip : wire::vty::permitted(entry)) {
      if (desired_for(state, desired, vip) == Desired::leave) wanted.insert(vip);
    }
  }
  return wanted;
}

/// The lowest sequence numbers that are free.
class FreeNumbers {
 public:
  FreeNumbers(const State& state, const std::string& list) {
    if (const auto held = state.ospf.lists.find(list); held != state.ospf.lists.end()) {
      for (const auto& [number, entry] : held->second) taken_.insert(number);
    }
    if (const auto held = state.ospf.taken.find(list); held != state.ospf.taken.end()) {
      taken_.insert(held->second.begin(), held->second.end());
    }
  }
  std::string next() {
    while (taken_.contains(++last_)) {
    }
    return std::to_string(last_);
  }

 private:
  std::set<std::uint32_t> taken_;
  std::uint32_t last_ = 0;
};

struct Changes {
  Script adds;
  Script removes;
};

void compare_list(const std::string& list, const State& state, const DesiredRoutes& desired,
                  Changes& changes) {
  const std::string command =
      (state.daemon == Daemon::ospfd ? "ip prefix-list " : "ipv6 prefix-list ") + list + " seq ";
  std::set<std::string> wanted;
  if (state.ospf.referred.contains(list)) {
    std::set<IpAddress> vips = wanted_in(list, state, desired);
    while (state.ospf.advertises && vips.size() > kMostAdvertised) vips.erase(--vips.end());
    for (const IpPrefix& prefix : wire::vty::cover(vips)) {
      wanted.insert(wire::vty::permit(prefix));
    }
  }
  if (const auto held = state.ospf.lists.find(list); held != state.ospf.lists.end()) {
    for (const auto& [number, entry] : held->second) {
      if (wanted.erase(entry) > 0) continue;  // a second entry of the same text goes
      std::string line = "no ";
      line.append(command).append(std::to_string(number)).append(" ").append(entry);
      changes.removes.push_back({Kind::remove, std::move(line)});
    }
  }
  FreeNumbers numbers(state, list);
  for (const std::string& entry : wanted) {
    std::string line = command;
    line.append(numbers.next()).append(" ").append(entry);
    changes.adds.push_back({Kind::add, std::move(line)});
  }
}

}  // namespace

bool differs(const State& state, const DesiredRoutes& desired, const IpAddress& vip) {
  const auto held = state.bgp.networks.find(vip);
  switch (desired_for(state, desired, vip)) {
    case Desired::leave:
      return false;
    case Desired::go:
      return held != state.bgp.networks.end();
    case Desired::announce: {
      const wire::vty::RouteMap map = map_for(state, desired, vip);
      return held == state.bgp.networks.end() || held->second != map.name || !is_kept(state, map);
    }
  }
  return false;
}

Script diff_route_maps(State& state, const DesiredRoutes& desired) {
  std::map<std::string, wire::vty::RouteMap> needed;
  const auto need = [&](const IpAddress& vip) {
    if (desired_for(state, desired, vip) != Desired::announce) return;
    wire::vty::RouteMap map = map_for(state, desired, vip);
    if (is_kept(state, map) || state.refused_maps.contains(map.name)) return;
    needed.emplace(map.name, std::move(map));
  };
  for (const IpAddress& vip : state.dirty) {
    if (needed.size() < kListBatch) need(vip);
  }
  Script script;
  for (const auto& [name, map] : needed) {
    if (script.empty()) frame(script, "configure terminal");
    write_map(state, map, script);
    state.written_maps[name] = map.entries();
  }
  if (!script.empty()) frame(script, "end");
  return script;
}

Script diff_networks(State& state, const DesiredRoutes& desired) {
  Script statements;
  while (!state.dirty.empty() && statements.size() < kBatch) {
    const IpAddress vip = *state.dirty.begin();
    take_network(state, desired, vip, statements);
    state.dirty.erase(state.dirty.begin());
    state.working.insert(vip);
  }
  if (statements.empty()) return state.dirty.empty() ? remove_unused_maps(state) : Script{};
  Script script;
  frame(script, "configure terminal");
  frame(script, "router bgp " + state.bgp.as_number + wire::vty::in_vrf(state.instance.vrf));
  append_family(script, Family::ipv4, statements);
  append_family(script, Family::ipv6, statements);
  frame(script, "end");
  return script;
}

Script diff_lists(const State& state, const DesiredRoutes& desired) {
  Changes changes;
  std::set<std::string> lists = state.ospf.referred;
  for (const auto& [list, entries] : state.ospf.lists) lists.insert(list);
  for (const std::string& list : lists) compare_list(list, state, desired, changes);
  Script chosen = std::move(changes.adds);
  std::ranges::move(changes.removes, std::back_inserter(chosen));
  if (chosen.empty()) return {};
  if (chosen.size() > kListBatch) chosen.resize(kListBatch);
  Script script;
  frame(script, "configure terminal");
  std::ranges::move(chosen, std::back_inserter(script));
  for (const auto& [block, lines] : state.ospf.reapply) {
    frame(script, block);
    for (const std::string& line : lines) frame(script, line);
    frame(script, "exit");
  }
  frame(script, "end");
  return script;
}

}  // namespace vipherd::frr::vty
