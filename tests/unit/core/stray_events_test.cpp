// Events that come too early, too late, twice, or of what there is not, are harmless
// (model/event.hpp).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/status_view.hpp"
#include "unit/core/script.hpp"

namespace vipherd::core {
namespace {

using namespace model;
using testing::ElementsAre;
using testing::IsEmpty;

struct Stray {
  const char* what;
  Event event;
};

/// Of a VIP, a service, a check and a session that nobody has heard of.
std::vector<Stray> strays() {
  const IpAddress other = vip("10.10.10.99");
  return {
      {"a probe", event::ProbeFinished{{"mail", "smtp"}, 1, {true, "status 200", 1ms}}},
      {"a watch", event::WatchFired{{"mail", "", WatchKind::unit}, 1, "it ended"}},
      {"a route that is absent", event::KernelChanged{{other, KernelRoute::absent}}},
      {"a route of another program", event::KernelChanged{{other, KernelRoute::foreign}}},
      {"a refused attachment", event::AttachFailed{other, "no"}},
      {"a refused detachment", event::DetachFailed{other, "no"}},
      {"a route's end", event::RouteStatus{1, other, RouteOutcome::removed}},
      {"another session's route", event::RouteStatus{7, vip(), RouteOutcome::removed}},
      {"a look at a route", event::RouteInspected{1, other, RibState::absent, ""}},
      {"another session's look", event::RouteInspected{7, vip(), RibState::absent, ""}},
      {"what a daemon says", event::Observed{other, {}}},
      {"where it comes from", event::RouteLookedUp{other, {RibState::absent, ""}}},
      {"its connections", event::ConnectionsCounted{other, 3}},
      {"connections of a VIP that is not drained", event::ConnectionsCounted{vip(), 3}},
      {"another session's end", event::SpeakerDown{7, "reset"}},
      {"surroundings as before", event::SurroundingsRead{{}}},
      {"an alarm", event::TimersDue{WallTime{1h}}},
  };
}

void expect_harmless(Script& script) {
  const Status before = make_status(script.state(), script.now(), {});
  for (const Stray& stray : strays()) {
    EXPECT_THAT(script.feed(stray.event), IsEmpty()) << stray.what;
    EXPECT_EQ(make_status(script.state(), script.now(), {}), before) << stray.what;
  }
}

TEST(StrayEvents, ChangeNothingWhileItRuns) {
  Script script(one_service());
  script.bring_up();
  expect_harmless(script);
}

TEST(StrayEvents, ChangeNothingOnceItHasFinished) {
  Script script(one_service());
  script.bring_up();
  script.feed(event::ShutdownRequested{"SIGTERM"});
  script.route_note(RouteOutcome::removed);
  script.wait(1s);
  script.kernel(KernelRoute::absent);
  ASSERT_EQ(script.core().phase(), Phase::finished);
  expect_harmless(script);
  EXPECT_THAT(script.feed(event::ShutdownRequested{"SIGTERM again"}), IsEmpty());
  EXPECT_THAT(script.apply(one_service()), IsEmpty()) << "a reload that came too late";
  EXPECT_EQ(script.core().next_alarm(), std::nullopt);
}

TEST(StrayEvents, ChangeNothingBeforeThereIsAConfiguration) {
  Core core;
  for (const Stray& stray : strays()) {
    EXPECT_THAT(core.apply(stray.event, TimePoint{1s}), IsEmpty()) << stray.what;
  }
  EXPECT_THAT(core.apply(event::KernelSnapshot{{{vip(), KernelRoute::ours}}}, TimePoint{1s}),
              IsEmpty());
  EXPECT_EQ(count<action::ReadKernel>(core.apply(event::KernelStale{"no buffer"}, TimePoint{1s})),
            0U)
      << "it is read once there is something to look for";
  EXPECT_EQ(core.next_alarm(), std::nullopt);
  EXPECT_TRUE(core.service_names().empty());
  EXPECT_EQ(core.status(TimePoint{1s}, {}).agent.state, Phase::starting);
}

TEST(StrayEvents, AStopBeforeThereIsAConfigurationIsTheEnd) {
  Core core;
  core.apply(event::ShutdownRequested{"SIGTERM"}, TimePoint{1s});
  EXPECT_EQ(core.phase(), Phase::finished);
  EXPECT_TRUE(core.is_stopping());
  EXPECT_EQ(core.config(), nullptr);
}

TEST(Status, OfAVipThatTheKernelRefusesSaysWhy) {
  Script script(one_service());
  script.snapshot();
  script.connect();
  script.probe(true);
  script.feed(event::AttachFailed{vip(), "no buffer space"});
  const VipStatus status = make_status(script.state(), script.now(), {}).vips[0];
  EXPECT_EQ(status.attached.state, AttachStep::failed);
  EXPECT_THAT(status.attached.reason, testing::HasSubstr("no buffer space"));
  EXPECT_TRUE(script.core().has_vip(vip()));
  EXPECT_EQ(script.core().vrf_of(vip()), "");
}

TEST(Zebra, ThatCannotBeReachedIsToldOncePerReason) {
  Script script(one_service());
  EXPECT_THAT(notes(script.feed(event::SpeakerUnreachable{"no such file"})),
              ElementsAre("cannot connect to zebra: no such file"));
  EXPECT_THAT(notes(script.feed(event::SpeakerUnreachable{"no such file"})), IsEmpty());
  EXPECT_THAT(notes(script.feed(event::SpeakerUnreachable{"refused", /*news=*/false})), IsEmpty());
  EXPECT_EQ(make_status(script.state(), script.now(), {}).zebra.reason, "refused")
      << "not told, but known";
  script.connect();
  EXPECT_THAT(notes(script.feed(event::SpeakerUnreachable{"an old attempt"})), IsEmpty());
}

TEST(Zebra, ThatLacksSomethingIsWarnedAbout) {
  Script script(one_service());
  EXPECT_THAT(notes(script.feed(event::SpeakerUp{1, "FRR 8.4", false, "it keeps no routes"})),
              ElementsAre("zebra connected: FRR 8.4", "it keeps no routes"));
}

TEST(Surroundings, RefuseTheAddressOfAGatewayAndDoubtASubnetOnce) {
  Config config = one_service();
  config.services[0].vips = {vip(), vip("10.10.10.11")};
  Script script(config);
  const event::SurroundingsRead read{
      {{Neighbourhood::Kind::gateway, IpPrefix::parse("10.10.10.11/32").value(), "eth0", ""},
       {Neighbourhood::Kind::own, IpPrefix::parse("192.168.1.1/32").value(), "eth1", ""},
       {Neighbourhood::Kind::own, {vip("10.10.10.1"), 24}, "eth0", "red"},
       {Neighbourhood::Kind::own, {vip("10.10.10.1"), 24}, "eth0", ""}}};
  EXPECT_THAT(notes(script.feed(read)),
              ElementsAre("VIP 10.10.10.11 is the address of this node's gateway: it is neither "
                          "attached nor announced",
                          "VIP 10.10.10.10 lies in 10.10.10.0/24, the subnet of eth0: hosts there "
                          "look for it among themselves instead of following the routes to it"));
  EXPECT_THAT(script.feed(read), IsEmpty()) << "as before";
}

}  // namespace
}  // namespace vipherd::core
