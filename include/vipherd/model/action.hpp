// Everything the core may ask for, as values, carried out in order by the agent.
// An action has no result: what came of it returns as an event. `vrf` is the VIP's: the name of its
// device, empty for the default VRF.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "vipherd/model/config.hpp"
#include "vipherd/model/event.hpp"
#include "vipherd/model/state_change.hpp"

namespace vipherd::model {

namespace action {

/// Run a probe; exactly one ProbeFinished with this generation follows within its timeout,
/// unless CancelProbe comes first.
struct StartProbe {
  CheckId check;
  std::uint64_t generation = 0;
  std::shared_ptr<const CheckConfig> config;
};
struct CancelProbe {
  CheckId check;
};
/// Watch this until a WatchFired with this generation has ended it, or until StopWatch. Replaces a
/// watch of the same id.
struct StartWatch {
  WatchId watch;
  std::uint64_t generation = 0;
  WatchTarget target;
};
struct StopWatch {
  WatchId watch;
};
/// Read the kernel's local routes; a KernelSnapshot follows. `vips` are those of interest
/// from now on, each with its VRF, for snapshots and changes alike, besides all routes with our
/// protocol number.
struct ReadKernel {
  std::map<IpAddress, std::string> vips;
};
/// Make a VIP of interest local, in its VRF.
struct Attach {
  IpAddress vip;
};
/// Remove our route, and only ours, for the VIP.
struct Detach {
  IpAddress vip;
};
struct Announce {
  IpAddress vip;
  std::string vrf;
  RouteAttributes route;
};
struct Withdraw {
  IpAddress vip;
  std::string vrf;
};
/// Ask zebra what became of our route; a RouteInspected follows.
struct InspectRoute {
  IpAddress vip;
  std::string vrf;
};
/// Everything that is to be announced has been announced in this session: what FRR holds of ours
/// beyond that is a leftover, and is to be removed.
struct EndOfRib {};
/// Ask the protocols' daemons what they hold of the VIP and whom they tell; an Observed follows.
struct Observe {
  IpAddress vip;
  std::string vrf;
};
/// Ask zebra's RIB which route to the VIP it has selected, of any source; a RouteLookedUp
/// follows.
struct LookUpRoute {
  IpAddress vip;
  std::string vrf;
};
/// Count the established connections to the VIP on this node; a ConnectionsCounted follows.
struct CountConnections {
  IpAddress vip;
};
/// These VIPs, and no others, are local in the default VRF, and so the relay's business: told
/// before they are announced, and as soon as it is known, also if there are none.
struct Relay {
  std::vector<IpAddress> vips;  ///< in order
};
/// Close the session with FRR for good, which withdraws everything; a SpeakerDown follows.
struct CloseSession {
  bool keep = false;  ///< leave everything announced, for the successor that is about to start
};
/// Write down what operators have asked for, for the next agent.
struct Remember {
  std::shared_ptr<const OperatorState> state;  ///< shared: an action is as large as the largest
};
/// A log line: what has happened, with its cause.
struct Note {
  LogLevel level = LogLevel::info;
  std::string text;
  std::optional<StateChange> change{};  ///< set if a state has changed
};
/// All is withdrawn and detached: the agent may exit.
struct Finished {
  bool clean = true;  ///< false: the deadline came first
};

}  // namespace action

using Action =
    std::variant<action::StartProbe, action::CancelProbe, action::StartWatch, action::StopWatch,
                 action::ReadKernel, action::Attach, action::Detach, action::Announce,
                 action::Withdraw, action::InspectRoute, action::EndOfRib, action::Observe,
                 action::LookUpRoute, action::CountConnections, action::Relay, action::Remember,
                 action::CloseSession, action::Note, action::Finished>;
/// When thousands of VIPs change at once, none is moved because another comes.
using Actions = std::deque<Action>;

}  // namespace vipherd::model
