// How long the core waits before it doubts, and how often it tries again.
#pragma once

#include <algorithm>
#include <cstdint>

#include "vipherd/base/backoff.hpp"
#include "vipherd/base/duration.hpp"

namespace vipherd::core {

/// A probe that reports nothing this long after its own deadline has failed.
constexpr Duration kProbeGrace = std::chrono::seconds(1);
/// A route operation that neither shows nor fails by then: read the kernel again. Long enough for
/// 10,000 of them on a machine that is ten times slower than it should be.
constexpr Duration kKernelOpTimeout = std::chrono::seconds(5);
constexpr Duration kKernelReadTimeout = std::chrono::seconds(5);
/// Notifications can be missed in ways that are not reported; a cheap audit finds it.
constexpr Duration kKernelAudit = std::chrono::seconds(30);
/// Least time between two attaches of one VIP, should another program keep removing it.
constexpr Duration kAttachSpacing = std::chrono::milliseconds(100);
/// An announced VIP that cannot be put back for this long is withdrawn, and a check that connects
/// to it fails.
constexpr Duration kLostPatience = std::chrono::seconds(1);
/// Without a notification from zebra: ask. FRR before 10.0 says nothing when a route loses
/// against another one from the start.
constexpr Duration kAskAfter = std::chrono::seconds(1);
/// The same where no notification is to be expected.
constexpr Duration kAskSoon = std::chrono::milliseconds(100);
constexpr Duration kAskAtMostEvery = std::chrono::seconds(30);
/// So many questions without an answer, and the core goes on without.
constexpr std::uint32_t kMaxQueries = 3;
/// What may happen over and over is logged this often.
constexpr Duration kTellAgainAfter = std::chrono::minutes(1);
constexpr Duration kRetryFirst = std::chrono::milliseconds(500);
constexpr Duration kRetryAtMost = std::chrono::seconds(30);
/// After the shutdown deadline and vips.detach_delay, for closing the session and detaching.
constexpr Duration kShutdownGrace = std::chrono::seconds(1);

/// How often to look whether a session with FRR was told everything.
constexpr Duration kCompleteLook = std::chrono::milliseconds(50);

/// A drained VIP that zebra does not confirm as least preferred by then is withdrawn.
constexpr Duration kDrainPatience = std::chrono::seconds(15);
constexpr Duration kCountEvery = std::chrono::milliseconds(250);

/// The protocols' daemons are asked about a new announcement after this, and again after twice as
/// long and so on, so many times or until it has reached its neighbours; then every now and then.
constexpr Duration kObserveFirst = std::chrono::milliseconds(100);
constexpr std::uint32_t kObserveEagerly = 8;
/// At most; half of frr.reach_deadline if that is less.
constexpr Duration kObserveEvery = std::chrono::seconds(10);
/// Where it matters who else announces.
constexpr Duration kObserveOthers = std::chrono::seconds(1);
/// Between two questions, whatever they are about.
constexpr Duration kObserveSpacing = std::chrono::milliseconds(5);
/// What is known of other nodes is good for this long, or for two rounds of questions.
constexpr Duration kOthersValid = std::chrono::seconds(5);
/// What a daemon said of its router id is good for this long, should it be silent then.
constexpr Duration kRouterIdValid = std::chrono::seconds(30);
constexpr Duration kRepairFirst = std::chrono::seconds(10);
constexpr Duration kRepairAtMost = std::chrono::minutes(5);

/// A watch that ends this soon did not watch anything.
constexpr Duration kBriefWatch = std::chrono::seconds(1);
constexpr Duration kWatchAgainFirst = std::chrono::milliseconds(200);
/// After what a watcher saw a service may die in parts, its first process before its last, or may
/// listen a little later than it starts: while the results are as before it is probed again after
/// this, then after twice as long, and so on.
constexpr Duration kLookAgainFirst = std::chrono::milliseconds(5);
/// For this long if it was up, and if it was down.
constexpr Duration kLookForEnd = std::chrono::milliseconds(200);
constexpr Duration kLookForStart = std::chrono::seconds(1);
/// What watchers see makes a check probe this many times at once, and this often in the long run:
/// what starts and ends over and over is no reason to probe without a pause.
constexpr std::int64_t kAlarmsAtOnce = 16;
constexpr Duration kAlarmEvery = std::chrono::milliseconds(200);
/// A check of a VIP that is not attached yet looks for it so often.
constexpr Duration kLookForVips = std::chrono::milliseconds(50);
/// So many checks, and no more, may start in the same moment when they are new. Others are spread
/// over their interval, a millisecond for each at most.
constexpr std::size_t kStartTogether = 16;
constexpr Duration kSplayEach = std::chrono::milliseconds(1);

}  // namespace vipherd::core
