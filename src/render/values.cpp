// The names that templates may use. Each template has all of them, whatever it needs.
#include <algorithm>
#include <set>

#include "render/family_values.hpp"
#include "render/subject.hpp"

namespace vipherd::render {
namespace {

constexpr std::uint32_t kUp = 100;
constexpr std::uint32_t kDrained = 200;
constexpr std::uint32_t kWeights = 10;  ///< tags 101 to 110
/// Entries of route-maps for tags of vipherd.toml's own, after the usual ones.
constexpr std::uint32_t kOwnEntries = 1000;

/// "bgpd=yes, ospfd=yes, ospf6d=yes and bfdd=yes"
std::string daemons_of(const Subject& subject) {
  std::vector<std::string> daemons;
  if (subject.bgp) daemons.emplace_back("bgpd");
  if (subject.ospf && subject.has(Family::ipv4)) daemons.emplace_back("ospfd");
  if (subject.ospf && subject.has(Family::ipv6)) daemons.emplace_back("ospf6d");
  if (subject.bfd()) daemons.emplace_back("bfdd");
  std::string text;
  for (std::size_t index = 0; index < daemons.size(); ++index) {
    if (index > 0) text += index + 1 < daemons.size() ? ", " : " and ";
    text += daemons[index] + "=yes";
  }
  return text;
}

Values tagged(std::uint32_t seq, std::uint32_t tag, bool own) {
  Values values = one("seq", std::to_string(seq));
  values.set("tag", std::to_string(tag));
  values.flag("own", own);
  return values;
}

void set_tags(Values& values, const Subject& subject) {
  std::vector<Values> up{tagged(10, kUp, false)};
  std::vector<Values> drained{tagged(20, kDrained, false)};
  std::vector<Values> weights;
  std::set<std::uint32_t> known{kUp, kDrained};
  for (std::uint32_t step = 1; step <= kWeights; ++step) {
    Values weight = tagged(kUp + step, kUp + step, false);
    weight.set("bandwidth", std::to_string(10 * step));
    weights.push_back(std::move(weight));
    known.insert(kUp + step);
  }
  std::uint32_t seq = kOwnEntries;
  for (const auto& [tags, entries] :
       {std::pair(&subject.up_tags, &up), {&subject.drain_tags, &drained}}) {
    for (const std::uint32_t tag : *tags) {
      if (known.insert(tag).second) entries->push_back(tagged(seq++, tag, true));
    }
  }
  values.list("up", std::move(up));
  values.list("drained", std::move(drained));
  values.list("weights", std::move(weights));
}

/// The routers as a node sees them: one by its address, several, or those on links, as a group.
void set_routers(Values& values, const Subject& subject) {
  std::size_t most = 0;
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    const auto addresses = of_family(subject.answers.routers, family);
    most = std::max(most, addresses.size());
    std::vector<Values> entries;
    entries.reserve(addresses.size());
    for (const IpAddress& address : addresses) {
      entries.push_back(one("address", address.to_string()));
    }
    values.list(std::string("routers") + digit(family), std::move(entries));
  }
  const std::size_t uplinks = subject.answers.interfaces.size();
  values.flag("grouped", most > 1 || subject.unnumbered());
  values.set("node_paths", std::to_string(std::max<std::size_t>({4, most, uplinks})));
}

/// What a node calls the router, or the routers, of a family.
std::string peer_of(const Subject& subject, Family family, bool grouped) {
  if (subject.unnumbered()) return "LEAVES";
  if (grouped) return std::string("ROUTERS") + digit(family);
  const auto addresses = of_family(subject.answers.routers, family);
  return addresses.empty() ? "" : addresses.front().to_string();
}

void set_families(Values& values, const Subject& subject) {
  const bool grouped = *values.flag("grouped");
  std::vector<Values> families;
  std::vector<Values> peers;
  for (const Family family : families_of(subject)) {
    Values entry = family_of(subject, family);
    const std::string peer = peer_of(subject, family, grouped);
    entry.set("peer", peer);
    entry.flag("first_family", families.empty());
    families.push_back(std::move(entry));
    if (peers.empty() || !subject.unnumbered()) peers.push_back(one("peer", peer));
  }
  values.list("families", std::move(families));
  values.list("peers", std::move(peers));
}

/// The load balancers as a router sees them: groups of named ones, and of all that are in a
/// network.
void set_nodes(Values& values, const Subject& subject) {
  std::vector<Values> groups;
  std::vector<Values> all_ranges;
  std::vector<Values> all_members;
  for (const Family family : families_of(subject)) {
    std::vector<Values> members;
    std::vector<Values> ranges;
    for (const IpPrefix& nodes : subject.answers.nodes) {
      if (nodes.address.family() != family || subject.unnumbered()) continue;
      auto& list = nodes.is_host_route() ? members : ranges;
      Values entry = family_of(subject, family);
      entry.set("member", nodes.address.to_string());
      entry.set("range", nodes.to_string());
      entry.set("group", std::string("LB") + digit(family));
      // "lb4" for the only network, "lb4_1" for the first load balancer by name.
      std::string name = std::string("lb") + digit(family);
      if (nodes.is_host_route() || !list.empty()) name += "_" + std::to_string(list.size() + 1);
      entry.set("name", std::move(name));
      list.push_back(std::move(entry));
    }
    std::ranges::copy(members, std::back_inserter(all_members));
    std::ranges::copy(ranges, std::back_inserter(all_ranges));
    if (subject.unnumbered() && !groups.empty()) continue;
    Values group = family_of(subject, family);
    group.set("group", *group.text("lb_group"));
    group.flag("named", !members.empty());
    group.list("members", std::move(members));
    groups.push_back(std::move(group));
  }
  values.flag("ranges", !all_ranges.empty());
  values.list("groups", std::move(groups));
  values.list("ranges_of", std::move(all_ranges));
  values.list("members_of", std::move(all_members));
}

void set_numbers(Values& values, const Subject& subject) {
  const model::RenderAnswers& answers = subject.answers;
  const auto number = [](const auto& value) { return value ? std::to_string(*value) : ""; };
  values.set("node_as", number(answers.node_as));
  values.set("router_as", number(answers.router_as));
  values.set("leaf_as", answers.router_as ? number(answers.router_as) : "external");
  values.set("router_id", answers.router_id ? answers.router_id->to_string() : "");
  std::vector<Values> uplinks;
  for (const std::string& name : answers.interfaces) uplinks.push_back(one("name", name));
  values.flag("several", uplinks.size() > 1);
  values.list("uplinks", std::move(uplinks));
}

/// Properties of RouterOS' commands, which are one line each.
void set_routeros(Values& values, const Subject& subject) {
  const bool tuned = subject.timers() != model::RenderTimers::standard;
  values.set("ros_bgp_timers", tuned ? " hold-time=3s keepalive-time=1s" : "");
  values.set("ros_ospf_timers",
             tuned ? " hello-interval=1s dead-interval=3s retransmit-interval=1s" : "");
  values.set("ros_bfd", subject.bfd() ? " use-bfd=yes" : "");
  const bool sends = subject.default_route();
  values.set("ros_originate", sends ? " output.default-originate=if-installed" : "");
  values.set("ros_ospf_default", sends ? " originate-default=if-installed" : "");
}

void set_flags(Values& values, const Subject& subject) {
  using model::RenderTimers;
  const bool v4 = subject.has(Family::ipv4);
  const bool v6 = subject.has(Family::ipv6);
  const std::pair<const char*, bool> flags[]{
      {"v4", v4},
      {"v6", v6},
      {"bgp", subject.bgp},
      {"ospf", subject.ospf},
      {"ospf2", subject.ospf && v4},
      {"ospf3", subject.ospf && v6},
      {"tuned", subject.timers() != RenderTimers::standard},
      {"subsecond", subject.timers() == RenderTimers::tuned},
      {"bfd", subject.bfd()},
      {"fast", subject.bfd() || subject.timers() != RenderTimers::standard},
      {"unnumbered", subject.unnumbered()},
      {"default_route", subject.default_route()}};
  for (const auto& [name, on] : flags) values.flag(name, on);
  for (const model::AnnouncerTraits& one : model::kAnnouncers) {
    values.flag(one.name, subject.announcer == one.announcer);
  }
}

}  // namespace

Values values_of(const Subject& subject) {
  Values values;
  set_flags(values, subject);
  set_numbers(values, subject);
  values.set("daemons", daemons_of(subject));
  values.set("route_type", std::string(model::to_string(subject.route_type)));
  values.set("in_vrf", subject.vrf.empty() ? "" : " vrf " + subject.vrf);
  values.set("at_vrf", subject.vrf.empty() ? "" : "@" + subject.vrf);
  values.set("loopback", subject.vrf.empty() ? "lo" : subject.vrf);
  const bool learns = subject.default_route();
  values.set("in_list", learns ? "DEFAULT" : "NOTHING");
  values.set("in_words", learns ? "The default route" : "Nothing");
  values.set("out_list", learns ? "DEFAULT" : "NOTHING");
  values.set("out_words", learns ? "nothing but the default route" : "nothing");
  values.set("out_action", learns ? "permit" : "deny");
  set_routeros(values, subject);
  values.list("pool4", pool_of(subject, Family::ipv4));
  values.list("pool6", pool_of(subject, Family::ipv6));
  set_tags(values, subject);
  set_routers(values, subject);
  set_families(values, subject);
  set_nodes(values, subject);
  return values;
}

bool Subject::has(Family family) const {
  return std::ranges::any_of(
      pool, [family](const IpPrefix& prefix) { return prefix.address.family() == family; });
}

std::vector<IpAddress> of_family(const std::vector<IpAddress>& addresses, Family family) {
  std::vector<IpAddress> found;
  std::ranges::copy_if(addresses, std::back_inserter(found),
                       [family](const IpAddress& address) { return address.family() == family; });
  return found;
}

}  // namespace vipherd::render
