// Everything that can happen to the agent, as values. The rooms that do I/O make
// them, core::Core consumes them. An event states what is so, never what ought to be; late,
// repeated and reordered ones must be harmless.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "vipherd/base/duration.hpp"
#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/model/command.hpp"
#include "vipherd/model/config.hpp"
#include "vipherd/model/operator_state.hpp"
#include "vipherd/model/reach.hpp"
#include "vipherd/model/states.hpp"

namespace vipherd::model {

/// A check is named by its service and its own name.
struct CheckId {
  std::string service;
  std::string check;
  std::string to_string() const { return service + "/" + check; }
  friend auto operator<=>(const CheckId&, const CheckId&) = default;
};

/// How much a failed probe says.
enum class Failure : std::uint8_t {
  failed,   ///< no, a late or a wrong answer: counts towards `fall`
  refused,  ///< nothing listens at an address of this node: decides at once unless `fall` is set
  not_run   ///< the check itself could not run: says nothing of the service (see fail_open)
};

/// How a probe ended. `reason` is a sentence for an operator: why it failed, or what it saw.
struct ProbeResult {
  bool pass = false;
  std::string reason;
  Duration latency{};
  Failure failure = Failure::failed;  ///< of one that did not pass
  std::string warning{};  ///< of one that passed: what will be a failure, "certificate expires ..."
  friend bool operator==(const ProbeResult&, const ProbeResult&) = default;
};

/// A connection belongs to a check, the others to a service as a whole (`check` is empty).
struct WatchId {
  std::string service;
  std::string check;
  WatchKind kind = WatchKind::connection;
  friend auto operator<=>(const WatchId&, const WatchId&) = default;
};

/// What the kernel's table local holds for a VIP.
enum class KernelRoute : std::uint8_t {
  absent,
  ours,    ///< a `local VIP dev lo` route with our protocol number
  foreign  ///< the VIP is local by another program (an address, another route)
};
std::string_view to_string(KernelRoute route);

struct KernelVip {
  IpAddress vip;
  KernelRoute route = KernelRoute::absent;
  friend bool operator==(const KernelVip&, const KernelVip&) = default;
};

/// What became of a route that the announcer was given, or told to take back.
enum class RouteOutcome : std::uint8_t {
  installed,       ///< the protocols have it
  removed,         ///< they have it no more
  not_selected,    ///< another route to the VIP is better
  install_failed,  ///< the kernel did not take it
  remove_failed
};
std::string_view to_string(RouteOutcome outcome);

/// What zebra's RIB says of our route when asked.
enum class RibState : std::uint8_t {
  unknown,      ///< zebra could not be asked, or not understood
  absent,       ///< zebra holds no route of ours for the VIP
  selected,     ///< ours is selected and installed
  not_selected  ///< another route is selected; the detail names it
};
std::string_view to_string(RibState state);

/// An address that is taken where this node stands.
struct Neighbourhood {
  enum class Kind : std::uint8_t {
    own,     ///< of an interface of this node that others reach, with the length of its subnet
    gateway  ///< of the default route
  };
  Kind kind = Kind::own;
  IpPrefix prefix{};      ///< bits after the length are those of the address
  std::string interface;  ///< "eth0"
  std::string vrf;        ///< the interface's; empty: the default one
  friend bool operator==(const Neighbourhood&, const Neighbourhood&) = default;
};

namespace event {

/// A valid configuration: the first one starts everything, a later one is a reload.
struct ConfigApplied {
  std::shared_ptr<const Config> config;
};
/// A reload failed: what was in force stays in force.
struct ConfigRejected {
  std::string reason;  ///< all errors, one a line
};
/// The time that core::State::alarms promised may have come.
struct TimersDue {
  /// The clock on the wall, which may have been set meanwhile; nullopt: as before.
  std::optional<WallTime> wall{};
};
struct ProbeFinished {
  CheckId check;
  std::uint64_t generation = 0;  ///< of the StartProbe it answers
  ProbeResult result;
};
/// A watcher saw something change: a reason to probe now, never a health.
struct WatchFired {
  WatchId watch;
  std::uint64_t generation = 0;  ///< of the StartWatch it answers
  std::string what;              ///< "the connection was reset"
  WatchStep then = WatchStep::ended;
  bool news = true;  ///< false: it was found so when the watch began
};
/// Everything local that concerns us: VIPs asked for, and all routes with our protocol number.
/// A VIP that is not listed is absent.
struct KernelSnapshot {
  std::vector<KernelVip> vips;
};
struct KernelChanged {
  KernelVip vip;
};
/// Knowledge of the kernel was lost (socket overrun, lo went down): it must be read again.
struct KernelStale {
  std::string reason;
};
/// What is taken where this node stands: its own addresses and its gateways, whatever else is in
/// their subnets. Read beside the kernel's routes; the newest one replaces all before it.
struct SurroundingsRead {
  std::vector<Neighbourhood> all;
};
struct AttachFailed {
  IpAddress vip;
  std::string reason;
};
struct DetachFailed {
  IpAddress vip;
  std::string reason;
};
/// FRR can be told: zebra over ZAPI, the first of the daemons over VTY, or zebra's RIB can be read,
/// as the announcer has it.
struct SpeakerUp {
  std::uint64_t session = 0;  ///< grows with every connection
  std::string version;        ///< for people: what was found
  /// What a predecessor announced is announced still: it handed over.
  bool resumed = false;
  std::string warning{};  ///< something the operator should mend; empty if nothing
};
/// The session ended; FRR has withdrawn what it announced, or is dead.
struct SpeakerDown {
  std::uint64_t session = 0;
  std::string reason;
};
/// A connection could not be made or was refused; another attempt follows by itself.
struct SpeakerUnreachable {
  std::string reason;
  bool news = true;  ///< false: this reason was told since the last success, it only holds again
};
/// Unasked, when it changes.
struct RouteStatus {
  std::uint64_t session = 0;
  IpAddress vip;
  RouteOutcome outcome = RouteOutcome::installed;
};
struct RouteInspected {
  std::uint64_t session = 0;
  IpAddress vip;
  RibState rib = RibState::unknown;
  std::string detail;  ///< for `not_selected`: "connected route (distance 0)"
};
/// Answers action::Observe: one for each protocol that is to carry the VIP.
struct Observed {
  IpAddress vip;
  std::vector<SeenReach> reach;
};
/// What zebra has selected for a VIP, of whatever type.
struct SelectedRoute {
  RibState rib = RibState::unknown;  ///< unknown, absent or selected
  std::string detail{};  ///< "connected route on lo"; of `unknown`: why, if it was asked at all
  friend bool operator==(const SelectedRoute&, const SelectedRoute&) = default;
};
/// Answers action::LookUpRoute.
struct RouteLookedUp {
  IpAddress vip;
  SelectedRoute route;
};
/// Answers action::CountConnections.
struct ConnectionsCounted {
  IpAddress vip;
  std::optional<std::uint64_t> established;  ///< nullopt: the kernel could not be asked
};
/// What an earlier agent wrote down; comes before the first configuration.
struct OperatorStateRead {
  std::shared_ptr<const OperatorState> state;  ///< shared: an event is as large as the largest
  WallTime at{};
};
/// By the control socket or SIGUSR1 (probe).
struct OperatorCommand {
  Command command;
  std::string by{};  ///< who asked, for people; empty: not known
  WallTime at{};
};
struct ShutdownRequested {
  std::string cause;
  bool keep = false;  ///< leave everything as it is, for the successor that is about to start
  std::string by{};   ///< who asked for it; empty: not known
};

}  // namespace event

using Event =
    std::variant<event::ConfigApplied, event::ConfigRejected, event::TimersDue,
                 event::ProbeFinished, event::WatchFired, event::KernelSnapshot,
                 event::KernelChanged, event::KernelStale, event::SurroundingsRead,
                 event::AttachFailed, event::DetachFailed, event::SpeakerUp, event::SpeakerDown,
                 event::SpeakerUnreachable, event::RouteStatus, event::RouteInspected,
                 event::Observed, event::RouteLookedUp, event::ConnectionsCounted,
                 event::OperatorStateRead, event::OperatorCommand, event::ShutdownRequested>;

/// Where a room above gives its events to: the agent, which takes them to the core.
using EventSink = std::function<void(Event)>;

}  // namespace vipherd::model
