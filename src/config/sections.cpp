#include "config/sections.hpp"

#include <algorithm>

#include "config/keys.hpp"
#include "config/readers.hpp"
#include "vipherd/base/join.hpp"
#include "vipherd/base/name.hpp"
#include "vipherd/base/socket_address.hpp"

namespace vipherd::config {
namespace {

using namespace std::chrono_literals;

std::vector<std::string_view> words(std::span<const std::string_view> keys) {
  return {keys.begin(), keys.end()};
}

std::optional<model::LogLevel> read_level(const Value& value) {
  static constexpr Words<model::LogLevel, 4> kLevels{{{"debug", model::LogLevel::debug},
                                                      {"info", model::LogLevel::info},
                                                      {"warning", model::LogLevel::warning},
                                                      {"error", model::LogLevel::error}}};
  return read_one_of(value, kLevels);
}

/// Empty means none, which is the inner nullopt.
std::optional<std::optional<SocketAddress>> read_endpoint(const Value& value) {
  const std::string expected = "an address and port such as \"127.0.0.1:21180\" or \"[::1]:21180\"";
  const auto text = value.text(expected);
  if (!text) return std::nullopt;
  if (text->empty()) return std::make_optional<std::optional<SocketAddress>>(std::nullopt);
  const auto endpoint = SocketAddress::parse(*text);
  if (!endpoint) {
    value.expected(expected);
    return std::nullopt;
  }
  return std::optional<SocketAddress>(*endpoint);
}

std::optional<std::vector<std::string>> read_hosts(const Value& value) {
  const std::string expected = "an array of host names such as [\"lb1.example.com\"]";
  const auto elements = value.elements(expected);
  if (!elements) return std::nullopt;
  std::vector<std::string> hosts;
  bool sound = true;
  for (const Value& element : *elements) {
    const auto host = read_host_name(element);
    sound = sound && host.has_value();
    if (host) hosts.push_back(*host);
  }
  if (!sound) return std::nullopt;
  return hosts;
}

/// An empty path means none.
std::optional<std::string> read_control_socket(const Value& value) {
  const auto* text = value.node().as_string();
  return text != nullptr && text->get().empty() ? "" : read_socket_path(value);
}

/// An empty path means none.
std::optional<std::string> read_state_file(const Value& value) {
  const auto* text = value.node().as_string();
  return text != nullptr && text->get().empty() ? "" : read_absolute_path(value);
}

std::optional<model::Announcer> read_announcer(const Value& value) {
  static constexpr Words<model::Announcer, 3> kAnnouncers{
      {{"zapi", model::Announcer::zapi},
       {"vty", model::Announcer::vty},
       {"connected", model::Announcer::connected}}};
  return read_one_of(value, kAnnouncers);
}

std::optional<model::RouteType> read_route_type(const Value& value) {
  static constexpr Words<model::RouteType, 2> kTypes{
      {{"openfabric", model::RouteType::openfabric}, {"babel", model::RouteType::babel}}};
  return read_one_of(value, kTypes);
}

/// An empty version means that zebra is asked.
std::optional<std::string> read_dialect(const Value& value) {
  const auto quoted = [](std::string_view version) { return "\"" + std::string(version) + "\""; };
  const std::string expected =
      "a version of FRR, one of " + join(model::kFrrVersions, ", ", quoted);
  const auto text = value.text(expected);
  if (!text) return std::nullopt;
  if (!text->empty() &&
      std::ranges::find(model::kFrrVersions, *text) == model::kFrrVersions.end()) {
    value.expected(expected);
    return std::nullopt;
  }
  return *text;
}

std::optional<std::vector<model::Protocol>> read_protocols(const Value& value) {
  static constexpr Words<model::Protocol, 2> kProtocols{
      {{"bgp", model::Protocol::bgp}, {"ospf", model::Protocol::ospf}}};
  const std::string expected = "an array of \"bgp\", \"ospf\" or both";
  const auto elements = value.elements(expected);
  if (!elements) return std::nullopt;
  if (elements->empty()) {
    value.fault("expected " + expected + ", got an empty one");
    return std::nullopt;
  }
  std::vector<model::Protocol> protocols;
  bool sound = true;
  for (const Value& element : *elements) {
    const auto protocol = read_one_of(element, kProtocols);
    if (!protocol) {
      sound = false;
    } else if (std::find(protocols.begin(), protocols.end(), *protocol) != protocols.end()) {
      element.fault("\"" + element.text().value_or("") + "\" is listed twice");
      sound = false;
    } else {
      protocols.push_back(*protocol);
    }
  }
  if (!sound) return std::nullopt;
  return protocols;
}

/// A prefix out of which VIPs may be taken.
std::optional<IpPrefix> read_pool_prefix(const Value& value) {
  const auto text = value.text("a prefix such as \"10.10.10.0/24\"");
  if (!text) return std::nullopt;
  const auto prefix = IpPrefix::parse(*text);
  if (!prefix) {
    value.fault(prefix.error().what);
    return std::nullopt;
  }
  if (prefix->length == 0) {
    value.fault("expected a prefix that limits what may be announced, got \"" + *text + "\"");
    return std::nullopt;
  }
  if (const auto what = unroutable(prefix->address)) {
    value.fault("expected a prefix that routers carry, got \"" + *text + "\" (" +
                std::string(*what) + ")");
    return std::nullopt;
  }
  return *prefix;
}

std::optional<std::vector<IpPrefix>> read_pool(const Value& value) {
  const std::string expected = "an array of prefixes such as [\"10.10.10.0/24\"]";
  const auto elements = value.elements(expected);
  if (!elements) return std::nullopt;
  if (elements->empty()) {
    value.fault("expected " + expected + ", got an empty one");
    return std::nullopt;
  }
  std::vector<IpPrefix> pool;
  bool sound = true;
  for (const Value& element : *elements) {
    const auto prefix = read_pool_prefix(element);
    if (!prefix) {
      sound = false;
    } else if (std::find(pool.begin(), pool.end(), *prefix) != pool.end()) {
      element.fault(prefix->to_string() + " is listed twice");
      sound = false;
    } else {
      pool.push_back(*prefix);
    }
  }
  if (!sound) return std::nullopt;
  return pool;
}

/// The kernel counts lifetimes in seconds.
std::optional<Duration> read_lease(const Value& value) {
  const auto lease = read_duration(value, 2s, 1h);
  if (!lease || *lease % 1s == Duration::zero()) return lease;
  value.fault("expected whole seconds, got " + format_duration(*lease));
  return std::nullopt;
}

struct ProtocolRange {
  std::uint8_t first;
  std::uint8_t last;
  std::string_view owner;
};
/// include/uapi/linux/rtnetlink.h and FRR's zebra/rt_netlink.h: who finds a route with such a
/// number may remove it as its own leftover.
constexpr std::array kTakenProtocols{
    ProtocolRange{0, 18, "the kernel and well-known daemons"},
    ProtocolRange{42, 42, "babel"},
    ProtocolRange{99, 99, "Open/R"},
    ProtocolRange{186, 199, "FRR's daemons"},
};

/// The kernel takes any octets for a host's name; ours goes into logs, paths and commands.
std::string as_name(std::string_view hostname) {
  std::string name(hostname.empty() ? "localhost" : hostname.substr(0, 64));
  for (char& letter : name) {
    // Not alone: a dot by itself is no name.
    if (!is_name(std::string{'x', letter})) letter = '-';
  }
  return name;
}

}  // namespace

std::string route_protocol_obstacle(std::int64_t number) {
  if (number < 0 || number > 255) return "which the kernel does not know";
  for (const ProtocolRange& range : kTakenProtocols) {
    if (number >= range.first && number <= range.last) {
      return "which belongs to " + std::string(range.owner);
    }
  }
  return "";
}

std::optional<std::uint8_t> read_route_protocol(const Value& value) {
  const std::string expected = "a protocol number of 19 to 255 that nobody else uses";
  const auto number = value.integer(expected);
  if (!number) return std::nullopt;
  if (*number < 0 || *number > 255) {
    value.expected(expected);
    return std::nullopt;
  }
  const std::string obstacle = route_protocol_obstacle(*number);
  if (!obstacle.empty()) {
    value.fault("expected " + expected + ", got " + std::to_string(*number) + ", " + obstacle);
    return std::nullopt;
  }
  return static_cast<std::uint8_t>(*number);
}

model::NodeConfig read_node(Table& table, std::string_view hostname) {
  table.allow(words(keys::kNode));
  model::NodeConfig node;
  node.name = as_name(hostname);
  table.read("name", node.name, read_node_name);
  table.read("shutdown_timeout", node.shutdown_timeout, duration_between(100ms, 10min));
  table.read("weight", node.weight, integer_between<std::uint32_t>(1, 100));
  table.read("state_file", node.state_file, read_state_file);
  return node;
}

model::LogLevel read_log(Table& table) {
  table.allow(words(keys::kLog));
  model::LogLevel level = model::LogLevel::info;
  table.read("level", level, read_level);
  return level;
}

model::ApiConfig read_api(Table& table) {
  table.allow(words(keys::kApi));
  model::ApiConfig api;
  api.listen = SocketAddress{IpAddress::parse("127.0.0.1").value(), model::kEndpointPort};
  table.read("listen", api.listen, read_endpoint);
  table.read("hosts", api.hosts, read_hosts);
  table.read("control_socket", api.control_socket, read_control_socket);
  return api;
}

model::FrrConfig read_frr(Table& table) {
  table.allow(words(keys::kFrr));
  model::FrrConfig frr;
  table.read("announcer", frr.announcer, read_announcer);
  table.read("route_type", frr.route_type, read_route_type);
  table.read("dialect", frr.dialect, read_dialect);
  table.read("protocols", frr.protocols, read_protocols);
  table.read("zserv_socket", frr.zserv_socket, read_socket_path);
  table.read("zebra_vty_socket", frr.zebra_vty_socket, read_socket_path);
  // Only OSPF receivers drop a second change that comes too soon.
  const bool ospf = std::find(frr.protocols.begin(), frr.protocols.end(), model::Protocol::ospf) !=
                    frr.protocols.end();
  if (!ospf) frr.min_change_interval = 0s;
  table.read("min_change_interval", frr.min_change_interval, duration_between(0s, 1min));
  table.read("reach_deadline", frr.reach_deadline, duration_between(1s, 10min));
  return frr;
}

model::VipsConfig read_vips(Table& table, model::Announcer announcer) {
  table.allow(words(keys::kVips));
  model::VipsConfig vips;
  table.read("pool", vips.pool, read_pool);
  table.read("route_protocol", vips.route_protocol, read_route_protocol);
  const bool given = table.read("detach_delay", vips.detach_delay, duration_between(0s, 1min));
  if (announcer == model::Announcer::connected) {
    if (given && vips.detach_delay > Duration::zero()) {
      table.find("detach_delay")
          ->fault("with frr.announcer = \"connected\" detaching is what withdraws, expected none");
    }
    vips.detach_delay = 0s;
  }
  table.read("lease", vips.lease, read_lease);
  return vips;
}

}  // namespace vipherd::config
