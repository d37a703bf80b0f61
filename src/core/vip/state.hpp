// One VIP: what is desired, and what is known of it. Each part is changed by the file of its name
// alone, which others ask to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vipherd/base/duration.hpp"
#include "vipherd/model/config.hpp"
#include "vipherd/model/event.hpp"

namespace vipherd::core {

/// Since when something holds, and why.
struct Cause {
  TimePoint since{};
  std::string reason;
};

/// What services, operators and policies make of it (desired.cpp).
struct DesiredState {
  bool wanted = false;           ///< the service is up: attach, then announce
  bool always_attached = false;  ///< attach = "always"
  bool keep_adopted = false;     ///< not evaluated yet: what an earlier run left stays attached
  bool held = false;             ///< wanted by policy only: every node is down
  model::RouteAttributes route;
  std::string reason;  ///< why it is wanted or not
};

using model::DrainStep;

/// Taking it out (drain.cpp).
struct DrainState {
  DrainStep step = DrainStep::none;
  Cause cause;
  std::optional<TimePoint> until;            ///< the end of the step's wait, once it has begun
  std::optional<std::uint64_t> connections;  ///< as counted last
  TimePoint count_at{};
};

enum class KernelOp : std::uint8_t { none, attaching, detaching };

/// The kernel's side (attachment.cpp).
struct AttachmentState {
  std::optional<model::KernelRoute> seen;  ///< nullopt: never read yet
  KernelOp op = KernelOp::none;
  TimePoint started{};
  std::uint32_t failures = 0;
  TimePoint not_before{};            ///< spacing and backoff of attach and detach
  std::optional<TimePoint> lost_at;  ///< another program removed it while it was announced
  TimePoint detach_not_before{};     ///< packets in flight are answered until then
  std::optional<TimePoint> put_back_told;
  Cause cause;
};

using model::RouteStep;

/// Zebra's side (route.cpp).
struct RouteState {
  RouteStep step = RouteStep::withdrawn;
  Cause cause;
  model::RouteAttributes sent;
  bool maybe_announced = false;  ///< by a predecessor that handed over; nothing was sent since
  /// A zebra that took the place of a killed one may have found the route in the kernel; wanted
  /// then, and not sent since.
  bool maybe_in_zebra = false;
  bool was_installed = false;           ///< since the last announce: a REMOVED will confirm
  std::optional<TimePoint> changed_at;  ///< the last change sent, for min_change_interval
  TimePoint ask_at{};                   ///< when to ask zebra what became of the route
  std::uint32_t asked = 0;              ///< times without a conclusive answer
  bool failure_told = false;            ///< retries that fail again are not logged again
};

using model::Advertised;

/// What the protocols' daemons hold of a VIP that is announced, or was (reachability.cpp).
struct ReachState {
  Advertised step = Advertised::unknown;
  Cause cause;
  std::vector<model::SeenReach> told;  ///< the newest answers
  TimePoint told_until{};              ///< how long they are good for
  TimePoint ask_at{};                  ///< not before
  std::uint32_t asked = 0;             ///< since it was announced, or got worse
  TimePoint good_at{};                 ///< when it was seen advertised to all
  bool alarmed = false;
  TimePoint repair_at{};  ///< of the next attempt, not before
  std::uint32_t repairs = 0;
  /// Of one that is withdrawn and announced all the same: zebra's route, as looked up last.
  model::event::SelectedRoute route{};
};

struct VipState {
  explicit VipState(TimePoint now) {
    attachment.cause.since = now;
    route.cause.since = now;
  }

  std::string service;     ///< empty: not configured any more, to be released and forgotten
  std::string vrf;         ///< as the service had it last; empty: the default one
  bool vrf_known = false;  ///< false: a leftover of an earlier run that no service has had
  DesiredState desired;
  DrainState drain;
  AttachmentState attachment;
  RouteState route;
  ReachState reach;

  /// To be announced now.
  bool wants_route() const {
    return desired.wanted && (drain.step == DrainStep::none || drain.step == DrainStep::holding);
  }
  bool wants_attachment() const { return wants_route() || desired.always_attached; }

  /// The kernel accepts packets for it, and nothing under way will change that.
  bool is_local() const {
    return attachment.seen && *attachment.seen != model::KernelRoute::absent &&
           attachment.op != KernelOp::detaching;
  }
};

}  // namespace vipherd::core
