// The nodes that pass each other's connections on: [relay].
#include <algorithm>

#include "config/routable.hpp"
#include "config/tables/sections.hpp"
#include "vipherd/base/name.hpp"

namespace vipherd::config {
namespace {

using model::RelayConfig;

/// What the relay's programs have room for, and this node itself.
constexpr std::size_t kMostNodes = 64;

std::optional<IpAddress> read_sibling(const Value& value) {
  const std::string expected = "an address such as \"192.168.100.2\" or \"2001:db8::2\"";
  const auto text = value.text(expected);
  if (!text) return std::nullopt;
  const auto address = IpAddress::parse(*text);
  if (!address) {
    value.expected(expected);
    return std::nullopt;
  }
  if (const auto what = unroutable(*address)) {
    value.error("expected an address by which other nodes reach this one, got \"" + *text + "\" (" +
                std::string(*what) + ")");
    return std::nullopt;
  }
  return *address;
}

Type<std::vector<IpAddress>> siblings() {
  const Type<IpAddress> sibling{"address", read_sibling,
                                [](const IpAddress& each) { return toml_value(each.to_string()); }};
  return set_of(sibling, "array of addresses",
                "an array of the nodes' addresses such as [\"192.168.100.2\", \"192.168.100.3\"]");
}

/// Not given, the agent finds them: there is nothing to write then.
Type<std::vector<std::string>> interface_names() {
  auto names =
      set_of(text("interface name", "the name of an interface such as \"eth1\"", is_device_name),
             "array of interface names", "an array of interface names such as [\"eth1\"]");
  names.print = [print = std::move(names.print)](const std::vector<std::string>& given) {
    return given.empty() ? "" : print(given);
  };
  return names;
}

}  // namespace

const Rows<RelayConfig>& relay_rows() {
  static const Rows<RelayConfig> rows{
      {"siblings", &RelayConfig::siblings, siblings(),
       "the addresses by which the load balancers reach each other: all of them, of both families "
       "if there are VIPs of both, the same list on each node, which finds its own among them. "
       "An address of each node and family, none of them a VIP; required",
       "required"},
      {"interfaces", &RelayConfig::interfaces, interface_names(),
       "by which packets of clients and of siblings come in: Ethernet only. None given: every "
       "Ethernet interface that is up, has an address and is no part of a bridge, bond or VRF"},
      {"port", &RelayConfig::port, integer<std::uint16_t>(1, 65534),
       "UDP, the same on all nodes. Packets that are passed on go there; heartbeats to the port "
       "after it (6512)"},
      {"key_file", &RelayConfig::key_file, or_absent(absolute_path()),
       "a file with the key that all siblings share, at least 16 bytes: heartbeats without its "
       "HMAC-SHA256 are not believed. White space at its end is no part of it. It is read when "
       "the configuration is"},
      {"packets_per_second", &RelayConfig::packets_per_second, integer(1000, 100'000'000),
       "passed on for clients at most, and taken from each sibling at most"},
  };
  return rows;
}

std::optional<RelayConfig> read_relay(const Table& table) {
  if (table.place() == Place{}) return std::nullopt;
  RelayConfig relay;
  const Given given = read_table(table, relay_rows(), relay);
  const Value* siblings = table.find("siblings");
  if (siblings == nullptr) {
    table.error(
        "has no siblings, expected siblings = [\"192.168.100.2\", ...]: the addresses of all "
        "nodes, this one's among them");
  } else if (given.contains("siblings") && relay.siblings.size() > kMostNodes) {
    siblings->error("expected at most " + std::to_string(kMostNodes) + " addresses, got " +
                    std::to_string(relay.siblings.size()));
  }
  return relay;
}

void forbid_vips_as_siblings(const Table& table, const std::vector<model::ServiceConfig>& services,
                             const RelayConfig& relay) {
  const Value* siblings = table.find("siblings");
  if (siblings == nullptr) return;
  for (const model::ServiceConfig& service : services) {
    for (const IpAddress& vip : service.vips) {
      if (std::ranges::find(relay.siblings, vip) == relay.siblings.end()) continue;
      siblings->error(vip.to_string() + " is a VIP of service " + service.name +
                      ", expected addresses that one node alone has");
    }
  }
}

}  // namespace vipherd::config
