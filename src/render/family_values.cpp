#include "render/family_values.hpp"

#include "vipherd/base/join.hpp"

namespace vipherd::render {
namespace {

std::string first_of(const std::vector<IpAddress>& addresses, Family family) {
  const auto found = of_family(addresses, family);
  return found.empty() ? "" : found.front().to_string();
}

/// "10.10.10.0/24{32,32}, 10.20.0.0/16{32,32}"
std::string bird_set(const Subject& subject, Family family) {
  const std::string host = family == Family::ipv4 ? "{32,32}" : "{128,128}";
  std::string set;
  for (const IpPrefix& prefix : subject.pool) {
    if (prefix.address.family() != family) continue;
    append_item(set, prefix.to_string() + host);
  }
  return set;
}

/// " nexthop via 192.168.100.2 dev eth1 nexthop ...": which link leads there the kernel knows by
/// itself, unless there is only one.
std::string next_hops(const Subject& subject, Family family) {
  std::string hops;
  for (const IpPrefix& node : subject.answers.nodes) {
    if (node.address.family() != family) continue;
    hops += " nexthop via " + node.address.to_string();
    if (subject.answers.interfaces.size() == 1) hops += " dev " + subject.answers.interfaces[0];
  }
  return hops;
}

}  // namespace

const char* digit(Family family) { return family == Family::ipv4 ? "4" : "6"; }

Values one(std::string_view name, std::string text) {
  Values values;
  values.set(name, std::move(text));
  return values;
}

std::vector<Family> families_of(const Subject& subject) {
  std::vector<Family> families;
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    if (subject.has(family)) families.push_back(family);
  }
  return families;
}

std::vector<Values> pool_of(const Subject& subject, Family family) {
  std::vector<Values> entries;
  for (const IpPrefix& prefix : subject.pool) {
    if (prefix.address.family() != family) continue;
    Values entry = one("prefix", prefix.to_string());
    entry.set("seq", std::to_string(10 * (entries.size() + 1)));
    // A host route has nothing longer in it, which FRR says is a mistake.
    const std::string length = std::to_string(prefix.address.host_length());
    entry.set("ge", prefix.is_host_route() ? "" : " ge " + length);
    entry.flag("host", prefix.is_host_route());
    entries.push_back(std::move(entry));
  }
  return entries;
}

Values family_of(const Subject& subject, Family family) {
  const bool v4 = family == Family::ipv4;
  const std::string own = first_of(subject.answers.routers, family);
  const std::string number = digit(family);
  Values values;
  values.set("family", number);
  values.set("six", v4 ? "" : "6");
  values.set("ip", v4 ? "ip" : "ipv6");
  values.set("afi", "ipv" + number);
  values.set("afi_safi", "ipv" + number + "-unicast");
  values.set("ospf_version", v4 ? "v2" : "v3");
  values.set("host_length", v4 ? "32" : "128");
  values.set("any", v4 ? "0.0.0.0/0" : "::/0");
  values.set("pool_set", bird_set(subject, family));
  values.set("lb_group", subject.unnumbered() ? "LB" : "LB" + number);
  values.set("own", own);
  values.set("next_hops", next_hops(subject, family));
  values.set("afi_ros", v4 ? "ip" : "ipv6");
  values.set("ospf_number", v4 ? "2" : "3");
  values.set("bird_export", subject.default_route() ? "where is_default" + number + "()" : "none");
  values.list("pool", pool_of(subject, family));
  values.flag("is4", v4);
  return values;
}

}  // namespace vipherd::render
