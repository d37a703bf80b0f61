// The configuration as a valid value. Made by the config room, which rejects
// everything that this type's comments forbid; nothing else changes it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vipherd/base/duration.hpp"
#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/base/socket_address.hpp"
#include "vipherd/model/announcer.hpp"
#include "vipherd/model/settings.hpp"

namespace vipherd::model {

/// Every FRR whose ZAPI is known, oldest first.
inline constexpr std::array<std::string_view, 17> kFrrVersions{
    "7.5",  "8.0",  "8.1",  "8.2",  "8.3",  "8.4",  "8.5",  "9.0", "9.1",
    "10.0", "10.1", "10.2", "10.3", "10.4", "10.5", "10.6", "10.7"};

/// How long what an agent handed over stays announced without a successor: zebra's stale time, and
/// how long the mark of the hand-over is valid.
inline constexpr std::chrono::seconds kHandOverValid{60};

enum class RouteType : std::uint8_t { openfabric, babel };
enum class Protocol : std::uint8_t { bgp, ospf };
enum class AttachPolicy : std::uint8_t { when_up, always };
enum class LogLevel : std::uint8_t { debug, info, warning, error };

std::string_view to_string(RouteType type);
std::string_view to_string(Protocol protocol);

/// How many checks of a service must be up for the service to be up.
struct Needs {
  enum class Mode : std::uint8_t { all, any, count };
  Mode mode = Mode::all;
  std::uint32_t count = 0;  ///< with Mode::count: 1 to the number of checks
  friend bool operator==(const Needs&, const Needs&) = default;
};

/// What the protocols are to say of a route. The vty announcer writes it into route-maps of its
/// own; with zapi the operator's route-map sets it, by the route's tag.
struct RoutePolicy {
  std::optional<std::uint32_t> med{};            ///< BGP MULTI_EXIT_DISC
  std::vector<std::string> communities{};        ///< "65001:100", "graceful-shutdown"
  std::vector<std::string> large_communities{};  ///< "65001:1:2"
  std::uint32_t prepend = 0;                     ///< the own AS so many times more, at most 16
  std::optional<std::uint32_t> bandwidth{};      ///< link-bandwidth community, Mbit/s
  friend bool operator==(const RoutePolicy&, const RoutePolicy&) = default;
};

/// What FRR is told about a VIP's route besides its prefix.
struct RouteAttributes {
  std::uint32_t tag =
      100;  ///< matched by the route-map VIPHERD; any tag it does not know is not announced
  std::uint32_t metric = 0;  ///< becomes the BGP MED; OSPF takes its metric from the route-map
  RoutePolicy announce{};    ///< for the vty announcer
  friend bool operator==(const RouteAttributes&, const RouteAttributes&) = default;
};

/// How a VIP is taken out without losing a request.
struct Drain {
  /// For so long it is announced as least preferred, so that routers move to the other nodes.
  Duration hold = std::chrono::seconds(5);
  /// From the confirmed withdrawal: how long established connections may last.
  Duration timeout = std::chrono::minutes(1);
  RouteAttributes route{.tag = 200,
                        .metric = 0,
                        .announce = {.med = 16'777'214, .communities = {"graceful-shutdown"}}};
  friend bool operator==(const Drain&, const Drain&) = default;
};

/// How routers are told of a node's weight.
enum class Weighting : std::uint8_t {
  none,
  /// Tags tag + 1 to tag + 10 for 10 % to 100 %, which the route-map turns into a link-bandwidth
  /// community: unequal-cost ECMP.
  bandwidth,
  metric  ///< the metric grows by one with each per cent that is missing: a preference
};

/// What a watcher is to watch.
struct WatchTarget {
  std::string what{};  ///< an address and port, a unit, a file
  std::string send{};  ///< the first words on a connection; empty: none
  std::string vrf{};   ///< from which a connection is made; empty: the default VRF
  friend bool operator==(const WatchTarget&, const WatchTarget&) = default;
};

struct CheckConfig {
  std::string name;
  std::string type;
  CheckSettings settings;  ///< what this type of check understands besides the keys below
  Duration interval = std::chrono::seconds(1);  ///< start to start, while decided
  Duration fast_interval =
      std::chrono::milliseconds(250);  ///< start to start, while a streak is running
  Duration timeout = std::chrono::milliseconds(300);
  std::uint32_t rise = 2;
  std::uint32_t fall = 2;
  Duration down_interval = std::chrono::seconds(1);  ///< start to start, while down
  Duration jitter{};              ///< each start is later than that by a random part of it
  std::uint32_t fall_window = 0;  ///< fall counts within so many results, at most 64; 0: in a row
  bool refused_decides = true;    ///< one Failure::refused is a health: `fall` was not set
  bool advisory = false;          ///< shown, not counted by `needs`
  std::uint32_t weight = 1;       ///< its part of the service's health; 0: none
  std::string vrf;                ///< from which it connects; empty: the default VRF
  bool via_vip = false;           ///< connect to the service's VIPs instead: see `vip_targets`
  bool watch_connection = false;  ///< probe when an idle connection ends: see `watch_connections`
  /// Where an idle connection is held to, to be probed when it ends; empty: nowhere. With via_vip
  /// one for each VIP, in the order of `vip_targets`: of these, the first whose VIP is not refused.
  std::vector<WatchTarget> watch_connections{};
  /// With via_vip: the settings aimed at each VIP of the service; a probe is one of each, at the
  /// same time, and all must pass. Empty: the settings as they are.
  std::vector<CheckSettings> vip_targets{};
  /// VIPs of its service that it connects to: no probe while one is not on this node. With via_vip
  /// all of them, in the order of `vip_targets`.
  std::vector<IpAddress> needed_vips{};
  friend bool operator==(const CheckConfig&, const CheckConfig&) = default;
};

/// Flap damping after RFC 2439: each time the service goes down its penalty grows by 1000, and
/// it halves with every half_life. From `suppress` on the service is held down, until `reuse`.
struct Damping {
  Duration half_life = std::chrono::minutes(1);
  std::uint32_t suppress = 3000;
  std::uint32_t reuse = 1000;                    ///< less than suppress
  Duration max_hold = std::chrono::minutes(10);  ///< after the last flap; bounds the penalty
  friend bool operator==(const Damping&, const Damping&) = default;
};

/// What has to be so for a drain not to be refused.
struct Guard {
  std::uint32_t min_announcers = 0;  ///< other nodes that announce the VIP; 0: none has to
  friend bool operator==(const Guard&, const Guard&) = default;
};

/// What to do when the service is down and no other node announces the VIP: nothing, or announce it
/// all the same, as least preferred.
enum class OnAllDown : std::uint8_t { withdraw, hold };

/// What causes a probe of all checks of a service when it changes.
struct ServiceWatch {
  std::string unit{};      ///< a systemd unit; empty: none
  std::string pid_file{};  ///< the process in this file; empty: none
  friend bool operator==(const ServiceWatch&, const ServiceWatch&) = default;
};

struct ServiceConfig {
  std::string name;
  bool enabled = true;
  std::vector<IpAddress> vips;  ///< at least one; in the pool; in no other service
  std::string vrf;              ///< of the VIPs: the name of its device; empty: the default VRF
  Needs needs;
  AttachPolicy attach = AttachPolicy::when_up;
  RouteAttributes route;
  std::map<IpAddress, RouteAttributes> own_routes{};  ///< of VIPs that differ from `route`
  /// What FRR is told about this VIP's route, as long as it is not drained.
  const RouteAttributes& route_of(const IpAddress& vip) const;
  bool fail_open = false;  ///< a check that cannot run keeps its health; false: it has failed
  Drain drain;
  Weighting weighting = Weighting::none;
  std::uint32_t weight = 100;  ///< per cent, 1 to 100; multiplied with the node's
  bool weigh_health = false;   ///< and with the health of the checks
  Guard guard;
  OnAllDown on_all_down = OnAllDown::withdraw;
  std::optional<Damping> damping;  ///< nullopt: changes are followed however often they come
  ServiceWatch watch;
  std::vector<CheckConfig> checks;  ///< at least one that is not advisory; names unique
  friend bool operator==(const ServiceConfig&, const ServiceConfig&) = default;
};

struct FrrConfig {
  Announcer announcer = Announcer::zapi;
  RouteType route_type = RouteType::openfabric;
  std::string dialect{};  ///< one of kFrrVersions to speak to zebra; empty: found by probing
  std::vector<Protocol> protocols{Protocol::bgp, Protocol::ospf};
  std::string zserv_socket = "/var/run/frr/zserv.api";
  std::string zebra_vty_socket = "/var/run/frr/zebra.vty";
  /// The VTY socket of another daemon ("bgpd"), which lies beside zebra's.
  std::string vty_socket(std::string_view daemon) const;
  const AnnouncerTraits& traits() const { return traits_of(announcer); }
  /// What FRR's configuration is to redistribute ("openfabric", "connected"); empty: nothing, the
  /// daemons are told.
  std::string_view redistributed() const;
  /// Least time between two changes of one VIP: OSPF receivers drop a second change of an
  /// LSA within MinLSArrival (1 s, RFC 2328 section 13) and repair it only seconds later.
  Duration min_change_interval = std::chrono::seconds(1);
  /// An announced VIP that reaches no neighbour by then is an alarm.
  Duration reach_deadline = std::chrono::seconds(10);
  friend bool operator==(const FrrConfig&, const FrrConfig&) = default;
};

struct VipsConfig {
  std::vector<IpPrefix> pool;         ///< nothing outside it is ever attached or announced
  std::uint8_t route_protocol = 118;  ///< rtm_protocol that marks our routes
  /// From the confirmed withdrawal to the detachment, so that packets in flight are still
  /// answered while routers converge.
  Duration detach_delay = std::chrono::seconds(1);  ///< 0 where the attachment announces
  /// How long addresses on lo outlive the agent: whole seconds.
  Duration lease = std::chrono::seconds(5);
  friend bool operator==(const VipsConfig&, const VipsConfig&) = default;
};

struct LogConfig {
  LogLevel level = LogLevel::info;  ///< the least important lines
  friend bool operator==(const LogConfig&, const LogConfig&) = default;
};

struct NodeConfig {
  std::string name;
  Duration shutdown_timeout = std::chrono::seconds(10);
  std::uint32_t weight = 100;  ///< per cent, 1 to 100: of every service that announces weights
  /// Where operators' words are written down, to be remembered by the next agent; empty: nowhere.
  std::string state_file = "/var/lib/vipherd/operator.json";
  friend bool operator==(const NodeConfig&, const NodeConfig&) = default;
};

/// The endpoint's, unless configured. Free in IANA's registry, and outside what Prometheus
/// exporters share out among themselves (9100 and up): there most numbers are taken already.
inline constexpr std::uint16_t kEndpointPort = 21180;

struct ApiConfig {
  /// Where everybody may read; nullopt: nowhere. 127.0.0.1 and kEndpointPort unless configured.
  std::optional<SocketAddress> listen{};
  /// Names under which it may be asked, besides addresses, localhost and the node's name.
  std::vector<std::string> hosts{};
  /// Where the agent also takes commands; empty: nowhere.
  std::string control_socket = "/run/vipherd/control.sock";
  friend bool operator==(const ApiConfig&, const ApiConfig&) = default;
};

/// Where the relay's segments go, unless configured; heartbeats use the port after it. Free in
/// IANA's registry.
inline constexpr std::uint16_t kRelayPort = 6511;

/// The nodes that pass each other's connections on (docs/relay.md).
struct RelayConfig {
  /// Addresses of all these nodes, this one among them; at least one.
  std::vector<IpAddress> siblings;
  /// By which packets of clients and siblings come in; empty: every Ethernet interface that is up
  /// and has an address.
  std::vector<std::string> interfaces{};
  std::uint16_t port = kRelayPort;  ///< UDP; the same on all of them
  std::string key_file{};           ///< the key that they share; empty: none
  /// From each sibling, and again from the outside.
  std::uint32_t packets_per_second = 100'000;
  friend bool operator==(const RelayConfig&, const RelayConfig&) = default;
};

/// No longer file holds the relay's key.
inline constexpr std::size_t kRelayKeyLimit = 4096;
/// The key that a file with this text holds: without blanks and line ends behind it. Fails if it is
/// too short to be one, with what is to follow the file's name.
Result<std::string> to_relay_key(std::string text);

struct Config {
  NodeConfig node;
  LogConfig log;
  ApiConfig api;
  FrrConfig frr;
  VipsConfig vips;
  std::optional<RelayConfig> relay{};
  std::vector<ServiceConfig> services;  ///< ordered by name
  friend bool operator==(const Config&, const Config&) = default;
};

}  // namespace vipherd::model
