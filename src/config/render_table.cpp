#include "config/render_table.hpp"

#include "config/keys.hpp"
#include "config/readers.hpp"
#include "vipherd/base/name.hpp"

namespace vipherd::config {
namespace {

using model::RenderTimers;
using model::Routing;

std::optional<Routing> read_routing(const Value& value) {
  static constexpr Words<Routing, 3> kRoutings{
      {{"bgp", Routing::bgp}, {"ospf", Routing::ospf}, {"both", Routing::both}}};
  return read_one_of(value, kRoutings);
}

std::optional<RenderTimers> read_timers(const Value& value) {
  static constexpr Words<RenderTimers, 3> kTimers{{{"tuned", RenderTimers::tuned},
                                                   {"seconds", RenderTimers::seconds},
                                                   {"default", RenderTimers::standard}}};
  return read_one_of(value, kTimers);
}

/// An array of texts that `parse` understands.
template <class T, class Parse>
std::optional<std::vector<T>> read_list(const Value& value, const std::string& expected,
                                        Parse parse) {
  const auto elements = value.elements("an array of " + expected);
  if (!elements) return std::nullopt;
  std::vector<T> list;
  bool sound = true;
  for (const Value& element : *elements) {
    const auto text = element.text(expected);
    auto parsed = text ? parse(*text) : Result<T>(fail(""));
    if (text && !parsed) element.expected(expected);
    sound = sound && parsed.has_value();
    if (parsed) list.push_back(std::move(*parsed));
  }
  if (!sound) return std::nullopt;
  return list;
}

std::optional<std::vector<IpAddress>> read_addresses(const Value& value) {
  return read_list<IpAddress>(value, "addresses such as \"192.168.100.1\"", &IpAddress::parse);
}

std::optional<std::vector<IpPrefix>> read_networks(const Value& value) {
  return read_list<IpPrefix>(value, "networks or addresses such as \"192.168.100.0/24\"",
                             &IpPrefix::parse);
}

std::optional<std::vector<std::string>> read_interfaces(const Value& value) {
  return read_list<std::string>(value, "names of interfaces such as \"eth1\"",
                                [](const std::string& name) -> Result<std::string> {
                                  if (!is_device_name(name)) return fail("");
                                  return {boost::system::in_place_value, name};
                                });
}

std::optional<IpAddress> read_router_id(const Value& value) {
  const std::string expected = "an IPv4 address such as \"192.168.100.2\"";
  const auto text = value.text(expected);
  if (!text) return std::nullopt;
  const auto address = IpAddress::parse(*text);
  if (address && address->is_v4()) return *address;
  value.expected(expected);
  return std::nullopt;
}

}  // namespace

model::RenderAnswers read_render(Table& table) {
  table.allow({keys::kRender.begin(), keys::kRender.end()});
  const auto as_number = integer_between<std::uint32_t>(1, 4'294'967'294);
  model::RenderAnswers answers;
  table.read("protocol", answers.protocol, read_routing);
  table.read("node_as", answers.node_as, as_number);
  table.read("router_as", answers.router_as, as_number);
  table.read("routers", answers.routers, read_addresses);
  table.read("nodes", answers.nodes, read_networks);
  table.read("interfaces", answers.interfaces, read_interfaces);
  table.read("router_id", answers.router_id, read_router_id);
  table.read("unnumbered", answers.unnumbered, read_boolean);
  table.read("default_route", answers.default_route, read_boolean);
  table.read("timers", answers.timers, read_timers);
  table.read("bfd", answers.bfd, read_boolean);
  table.read("vrf", answers.vrf, read_vrf);
  return answers;
}

}  // namespace vipherd::config
