// Answers for `vipherd render`: [render].
#include "config/tables/sections.hpp"
#include "vipherd/base/name.hpp"

namespace vipherd::config {
namespace {

using model::RenderTimers;
using model::Routing;

template <class T>
Type<std::vector<T>> list_of(Type<T> type, const std::string& name, const std::string& expected) {
  return array_of(std::move(type), name, "an array of " + expected);
}

Type<std::vector<IpAddress>> addresses() {
  const std::string expected = "addresses such as \"192.168.100.1\"";
  return list_of(parsed<IpAddress>("address", expected), "array of addresses", expected);
}

Type<std::vector<IpPrefix>> networks() {
  const std::string expected = "networks or addresses such as \"192.168.100.0/24\"";
  return list_of(parsed<IpPrefix>("prefix", expected), "array of prefixes or addresses", expected);
}

Type<std::vector<std::string>> interfaces() {
  const std::string expected = "names of interfaces such as \"eth1\"";
  return list_of(text("name", expected, is_device_name), "array of names", expected);
}

/// What IpAddress::parse takes, if it is of IPv4.
struct RouterId {
  static Result<IpAddress> parse(std::string_view text) {
    const auto address = IpAddress::parse(text);
    return address && !address->is_v4() ? Result<IpAddress>(fail("")) : address;
  }
};

Type<IpAddress> router_id() {
  return parsed<IpAddress, RouterId>("IPv4 address", "an IPv4 address such as \"192.168.100.2\"");
}

}  // namespace

const Rows<model::RenderAnswers>& render_rows() {
  using Answers = model::RenderAnswers;
  static const auto as_number = named("integer", maybe(integer(1, kGreatestNumber - 1)));
  static const Rows<Answers> rows{
      {"protocol", &Answers::protocol,
       maybe(word<Routing>(
           {{"bgp", Routing::bgp}, {"ospf", Routing::ospf}, {"both", Routing::both}})),
       "what the node and the routers speak", "as `frr.protocols`"},
      {"node_as", &Answers::node_as, as_number, "the AS of all load balancers", "–"},
      {"router_as", &Answers::router_as, as_number, "the AS of the routers in front of them", "–"},
      {"routers", &Answers::routers, addresses(),
       "the routers' addresses on the nodes' segments: the node's BGP neighbours"},
      {"nodes", &Answers::nodes, networks(),
       "where the load balancers are: the routers' BGP neighbours"},
      {"interfaces", &Answers::interfaces, interfaces(), "the node's uplinks"},
      {"router_id", &Answers::router_id, maybe(router_id()), "the node's own, in no pool", "–"},
      {"unnumbered", &Answers::unnumbered, maybe(boolean()),
       "BGP over links that have only link-local addresses", "`false`"},
      {"default_route", &Answers::default_route, maybe(boolean()),
       "the routers offer the default route, and the node takes it", "`true` with `unnumbered`"},
      {"timers", &Answers::timers,
       maybe(word<RenderTimers>({{"tuned", RenderTimers::tuned},
                                 {"seconds", RenderTimers::seconds},
                                 {"default", RenderTimers::standard}})),
       "`\"tuned\"`: four OSPF hellos a second, and no throttles; `\"seconds\"`: the same with one "
       "hello each second, for routers that know nothing shorter; `\"default\"`: FRR's own",
       "`\"tuned\"`"},
      {"bfd", &Answers::bfd, maybe(boolean()),
       "three missing packets of 100 ms end sessions and adjacencies",
       "`false` with the default timers, else `true`"},
      {"vrf", &Answers::vrf, maybe(vrf()),
       "which VRF's instances are written, if the services are in several", "that of the services"},
  };
  return rows;
}

model::RenderAnswers read_render(const Table& table) {
  model::RenderAnswers answers;
  read_table(table, render_rows(), answers);
  return answers;
}

}  // namespace vipherd::config
