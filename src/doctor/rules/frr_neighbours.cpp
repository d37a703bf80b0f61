// The neighbours: that there are any, what they are sent, and how many next hops are taken from
// them.
#include <array>
#include <set>

#include "doctor/read/bgp_neighbours.hpp"
#include "doctor/rules/denied.hpp"
#include "doctor/rules/frr_tools.hpp"
#include "vipherd/wire/vty/bgp.hpp"
#include "vipherd/wire/vty/ospf.hpp"

namespace vipherd::doctor {
namespace {

constexpr Rule kNoSession{"bgp-session-down", Severity::problem, Roles::both,
                          "Over a session that is not established nothing is announced or learned.",
                          "`vtysh -c 'show bgp neighbors'` tells why it is down: reachability, AS "
                          "numbers, passwords, BFD."};
constexpr Rule kNoAdjacency{"ospf-no-adjacency", Severity::problem, Roles::both,
                            "Without a full adjacency OSPF does not announce the VIPs.",
                            "Compare area, hello and dead interval, MTU and authentication with "
                            "the neighbour's; OSPF must be "
                            "on for the uplink."};
constexpr Rule kStub{"ospf-stub-area", Severity::problem, Roles::both,
                     "A stub area takes no external routes, which is what VIPs are: they are "
                     "not announced there.",
                     "Make it an ordinary area or an NSSA, on all its routers."};
constexpr Rule kOutFilter{"bgp-out-filter", Severity::problem, Roles::node,
                          "What the neighbour is sent passes a filter that denies the VIPs.",
                          "Give the filter the pool of vipherd.toml, with ge 32 or ge 128."};
constexpr Rule kRequiresPolicy{"bgp-requires-policy", Severity::problem, Roles::both,
                               "An eBGP neighbour without a filter for the direction is sent "
                               "nothing, and nothing is taken from it "
                               "(RFC 8212).",
                               "Give it filters in both directions, as deploy/frr does."};
constexpr Rule kOnePath{"maximum-paths", Severity::problem, Roles::router,
                        "The router keeps one next hop for each VIP: one node gets everything.",
                        "maximum-paths 64, as in deploy/frr/router.conf."};
constexpr Rule kRelax{
    "multipath-relax", Severity::problem, Roles::router,
    "Paths of neighbours in different ASes are not equal to this router: it keeps those of one AS.",
    "bgp bestpath as-path multipath-relax"};

constexpr std::array kNeighbourRules{&kNoSession,      &kNoAdjacency, &kStub, &kOutFilter,
                                     &kRequiresPolicy, &kOnePath,     &kRelax};

const Result<std::string>* state_of(const Facts& facts, const Speaker& speaker) {
  const DaemonFacts* daemon = daemon_of(facts, speaker.daemon);
  if (daemon == nullptr || !daemon->running) return nullptr;  // said already
  const auto state = daemon->neighbours.find(speaker.vrf);
  return state == daemon->neighbours.end() ? nullptr : &state->second;
}

void look_at_sessions(const Facts& facts, const Speaker& speaker, Findings& found) {
  const Result<std::string>* state = state_of(facts, speaker);
  if (state == nullptr) return;
  const auto peers = *state ? wire::vty::parse_bgp_summary(**state) : state->error();
  if (!peers) return found.cannot_tell(kNoSession, speaker.name() + ": " + peers.error().what);
  std::vector<std::string> down;
  for (const wire::vty::BgpPeer& peer : peers->of(speaker.family)) {
    if (!peer.established()) down.push_back(peer.name + " (" + peer.state + ")");
  }
  if (!down.empty()) {
    found.add(kNoSession, speaker.name() + ": not established: " + listed(down));
  } else if (peers->of(speaker.family).empty()) {
    found.add(kNoSession, speaker.name() + ": there is no neighbour");
  }
}

void look_at_adjacencies(const Facts& facts, const Speaker& speaker, Findings& found) {
  const Result<std::string>* state = state_of(facts, speaker);
  if (state == nullptr) return;
  const auto neighbours = !*state                      ? state->error()
                          : speaker.protocol == "ospf" ? wire::vty::parse_ospf_neighbours(**state)
                                                       : wire::vty::parse_ospf6_neighbours(**state);
  if (!neighbours) {
    return found.cannot_tell(kNoAdjacency, speaker.name() + ": " + neighbours.error().what);
  }
  bool full = false;
  std::vector<std::string> others;
  std::set<std::string> stubs;
  for (const wire::vty::OspfNeighbour& neighbour : *neighbours) {
    full = full || neighbour.full();
    if (!neighbour.full()) others.push_back(neighbour.router_id + " (" + neighbour.state + ")");
    if (neighbour.kind == wire::vty::AreaKind::stub && neighbour.area) {
      stubs.insert(neighbour.area->to_string());
    }
  }
  if (!full) {
    found.add(kNoAdjacency, speaker.name() + (others.empty() ? " has no neighbour"
                                                             : " has none but " + listed(others)));
  }
  for (const std::string& area : stubs) {
    found.add(kStub, speaker.name() + ": area " + area + " is a stub area");
  }
}

void look_at_filters_of(const Facts& facts, const Speaker& speaker, const FrrPolicy& policy,
                        const BgpNeighbours& neighbours, const std::string& name, Findings& found) {
  const std::string section = family_section("bgp", speaker.family == Family::ipv4);
  const auto filters = neighbours.filters(name, section, "out");
  const auto vips = vips_of(facts, speaker);
  for (const auto& [kind, filter] : filters) {
    if (kind != "prefix-list" && kind != "route-map") continue;
    // Names of their own: clang before 16 lets no lambda have those of a structured binding.
    const Denied denied =
        denied_of(vips, [&, &what = kind, &list = filter](const AnnouncedVip& vip) {
          return what == "prefix-list" ? policy.apply_prefix_list(list, vip.vip)
                                       : policy.apply_route_map(list, vip.vip, vip.tag);
        });
    for (const auto& [result, whom] : denied) {
      const bool known = result.kind != PolicyResult::Kind::unknown;
      found.add(kOutFilter, "neighbour " + name + ": " + result.reason + ": " + some_of(whom),
                known ? Certainty::looked_up : Certainty::cannot_tell);
    }
  }
}

/// FRR's default, but for that of `frr defaults datacenter`.
bool requires_policy(const FrrConfig& config, const std::string& instance) {
  if (find_words(config, instance, "", "no bgp ebgp-requires-policy")) return false;
  if (find_words(config, instance, "", "bgp ebgp-requires-policy")) return true;
  return find_words(config, "frr defaults").value_or("") != "datacenter";
}

void look_at_bgp(const Facts& facts, const Speaker& speaker, Findings& found) {
  const auto config = config_of(facts, "bgpd");
  const auto instance = config ? find_instance(*config, "bgp", speaker.vrf) : std::nullopt;
  if (!instance) return;
  const bool ipv4 = speaker.family == Family::ipv4;
  const std::string section = family_section("bgp", ipv4);
  const BgpNeighbours neighbours(*config, *instance);
  const FrrPolicy policy(*config);
  const std::string to = facts.role == Role::node ? "out" : "in";
  std::set<std::string> systems;
  bool external_word = false;
  for (const std::string& name : neighbours.names()) {
    if (!neighbours.is_active(name, ipv4)) continue;
    if (facts.role == Role::node) {
      look_at_filters_of(facts, speaker, policy, neighbours, name, found);
    }
    if (!neighbours.is_external(name)) continue;
    const auto remote = neighbours.find(name, "remote-as");
    systems.insert(*remote);
    external_word = external_word || remote == "external";
    if (requires_policy(*config, *instance) && neighbours.filters(name, section, to).empty()) {
      std::string seen = speaker.name();
      seen.append(": neighbour ").append(name).append(" has no filter ").append(to);
      found.add(kRequiresPolicy, std::move(seen));
    }
  }
  if (facts.role != Role::router) return;
  const auto paths = find_words(*config, *instance, section, "maximum-paths");
  if (paths == "1") {
    found.add(kOnePath, speaker.name() + ": maximum-paths 1").commands =
        configure(facts, {*instance, section, "maximum-paths 64"});
  }
  const bool relaxed =
      find_words(*config, *instance, "", "bgp bestpath as-path multipath-relax") != std::nullopt;
  if (relaxed || (systems.size() < 2 && !external_word)) return;
  // One instance, two families: said once.
  if (!ipv4 && found.has(kRelax)) return;
  found
      .add(kRelax,
           external_word ? speaker.name() + ": neighbours are `remote-as external`"
                         : speaker.name() + ": neighbours are in the ASes " +
                               listed({systems.begin(), systems.end()}),
           external_word ? Certainty::likely : Certainty::looked_up)
      .commands = configure(facts, {*instance, "bgp bestpath as-path multipath-relax"});
}

void look_at_ospf_paths(const Facts& facts, const Speaker& speaker, Findings& found) {
  const auto config = config_of(facts, speaker.daemon);
  const auto instance =
      config ? find_instance(*config, speaker.protocol, speaker.vrf) : std::nullopt;
  if (!instance || find_words(*config, *instance, "", "maximum-paths") != "1") return;
  found.add(kOnePath, speaker.name() + ": maximum-paths 1").commands =
      configure(facts, {*instance, "maximum-paths 64"});
}

}  // namespace

const Topic kNeighbourTopic{"FRR's neighbours", kNeighbourRules};

void look_at_neighbours(const Facts& facts, Findings& found) {
  for (const Speaker& speaker : speakers_of(facts)) {
    if (speaker.protocol == "bgp") {
      look_at_sessions(facts, speaker, found);
      look_at_bgp(facts, speaker, found);
    } else {
      look_at_adjacencies(facts, speaker, found);
      if (facts.role == Role::router) look_at_ospf_paths(facts, speaker, found);
    }
  }
}

}  // namespace vipherd::doctor
