// What a person or a program may ask about the agent: a snapshot of everything,
// made by core::make_status, turned into JSON by the wire room.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vipherd/base/duration.hpp"
#include "vipherd/model/announcer.hpp"
#include "vipherd/model/instruction.hpp"
#include "vipherd/model/operator_state.hpp"
#include "vipherd/model/problem.hpp"
#include "vipherd/model/reach.hpp"
#include "vipherd/model/scope.hpp"
#include "vipherd/model/states.hpp"

namespace vipherd::model {

/// One link of a chain: what holds, since when, and why.
template <class State>
struct Condition {
  State state{};
  WallTime since{};
  std::string reason{};
  friend bool operator==(const Condition&, const Condition&) = default;
};

struct CheckStatus {
  std::string name;
  std::string type;
  Condition<CheckHealth> health;
  std::uint32_t passes = 0;  ///< consecutive
  std::uint32_t fails = 0;   ///< consecutive
  struct Last {
    bool pass = false;
    std::string reason;
    Duration latency{};
    WallTime at{};
    std::string warning{};
    friend bool operator==(const Last&, const Last&) = default;
  };
  std::optional<Last> last;
  /// One of the last results.
  struct Recent {
    bool pass = false;
    Duration latency{};
    friend bool operator==(const Recent&, const Recent&) = default;
  };
  std::vector<Recent> recent{};  ///< oldest first; only if asked for
  bool advisory = false;
  std::uint32_t weight = 1;
  friend bool operator==(const CheckStatus&, const CheckStatus&) = default;
};

/// What says "probe now" besides the clock.
struct WatchStatus {
  WatchKind kind = WatchKind::connection;
  std::string check;  ///< empty: it concerns the whole service
  std::string target;
  Condition<WatchStep> state;
  friend bool operator==(const WatchStatus&, const WatchStatus&) = default;
};

struct DampingStatus {
  std::uint32_t penalty = 0;
  bool held = false;     ///< held down for flapping
  Duration hold_left{};  ///< if nothing flaps again
  friend bool operator==(const DampingStatus&, const DampingStatus&) = default;
};

struct ServiceStatus {
  std::string name;
  bool enabled = true;
  Condition<ServiceHealth> health;
  DisabledBy disabled_by = DisabledBy::none;
  std::uint32_t weight = 100;  ///< per cent: of node, service and, if asked for, health
  std::optional<std::uint32_t> operator_weight{};  ///< the service's, in place of the configured
  std::optional<std::uint32_t>
      health_percent{};  ///< of the checks' weight that is up; once the service is decided
  std::optional<DampingStatus> damping{};  ///< if damping is configured
  std::vector<WatchStatus> watches{};
  std::vector<std::string> vips{};
  std::vector<CheckStatus> checks{};
  friend bool operator==(const ServiceStatus&, const ServiceStatus&) = default;
};

struct DrainStatus {
  Condition<DrainStep> step;
  std::optional<std::uint64_t> connections{};  ///< established ones, while they are waited for
  friend bool operator==(const DrainStatus&, const DrainStatus&) = default;
};

struct VipStatus {
  std::string vip;
  std::string service;  ///< empty: no longer configured, being released
  bool wanted = false;  ///< to be announced now
  Condition<AttachStep> attached;
  Condition<RouteStep> announced;
  std::uint32_t tag = 0;
  std::uint32_t metric = 0;
  std::optional<DrainStatus> drain{};  ///< if it is drained
  bool held = false;                   ///< announced by policy although its service is down
  Condition<Advertised> reach{};
  bool reach_alarm = false;  ///< it is announced and not reached, or lingers, for too long
  std::vector<ReachStatus> daemons{};
  friend bool operator==(const VipStatus&, const VipStatus&) = default;
};

/// What an operator has taken out of service and not brought back.
struct InstructionStatus {
  TakenOutBy command = TakenOutBy::drain;
  Scope scope;
  Instruction instruction;
  friend bool operator==(const InstructionStatus&, const InstructionStatus&) = default;
};

/// Packets and connections since the relay was loaded (docs/relay.md).
struct SiblingStatus {
  std::string address;
  Condition<SiblingState> state;
  std::optional<Duration> round_trip{};  ///< of the newest heartbeat
  std::uint64_t passed_on = 0;           ///< to it, which may have the connection
  std::uint64_t forwarded = 0;           ///< to it, having come from another sibling
  std::uint64_t accepted = 0;            ///< from it: of this node's connections
  std::uint64_t unowned = 0;             ///< from it: of no node's connection; reset
  std::uint64_t dropped = 0;             ///< from it: malformed, undeliverable or too many
  // Connections of which these packets are, each counted once.
  std::uint64_t connections_passed_on = 0;
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_unowned = 0;
  friend bool operator==(const SiblingStatus&, const SiblingStatus&) = default;
};

struct RelayStatus {
  Condition<RelayState> state;
  std::vector<std::string> own{};  ///< by which siblings know this node, one a family at most
  std::vector<std::string> interfaces{};
  std::uint64_t vips = 0;
  std::uint64_t too_big = 0;       ///< no room for the outer header; reset
  std::uint64_t rate_limited = 0;  ///< of clients; reset
  std::uint64_t untouched = 0;     ///< fragments, IP options, extension headers; left to the kernel
  std::uint64_t strangers = 0;     ///< from no sibling; dropped
  std::uint64_t rejected_heartbeats = 0;  ///< malformed, replayed or not authentic
  std::vector<SiblingStatus> siblings{};
  friend bool operator==(const RelayStatus&, const RelayStatus&) = default;
};

/// All that is in force of it.
std::vector<InstructionStatus> instructions_of(const OperatorState& operators);

struct Status {
  std::string node;
  std::string version;
  WallTime now{};
  Condition<Phase> agent;
  Condition<ZebraConnection> zebra;  ///< `why` names the dialect or the error
  Condition<ConfigState> config;     ///< after a failed reload `why` lists the errors
  Announcer announcer = Announcer::zapi;
  bool drained = false;                            ///< the node, by an operator
  std::optional<std::uint32_t> operator_weight{};  ///< the node's, in place of the configured
  std::vector<InstructionStatus> instructions{};
  /// From the event that caused the last announce or withdraw to its being written to FRR.
  std::optional<Duration> last_reaction;
  std::vector<ServiceStatus> services;
  std::vector<VipStatus> vips;
  std::optional<RelayStatus> relay{};  ///< if it is configured
  /// What neither services nor VIPs show: the endpoint is not open, the state file cannot be
  /// written, a VIP is the node's own address, …
  std::vector<Problem> problems{};
  friend bool operator==(const Status&, const Status&) = default;
};

}  // namespace vipherd::model
