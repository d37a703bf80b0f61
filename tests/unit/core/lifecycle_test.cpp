// Reload, operator's commands, shutdown.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/status_view.hpp"
#include "unit/core/script.hpp"
#include "vipherd/model/health.hpp"

namespace vipherd::core {
namespace {

using namespace model;

TEST(Reload, OfTheSameConfigurationChangesNothing) {
  Script script(one_service());
  script.bring_up();
  const Actions actions = script.apply(one_service());
  EXPECT_EQ(count<action::Withdraw>(actions) + count<action::Announce>(actions) +
                count<action::StartProbe>(actions),
            0U);
  EXPECT_EQ(notes(actions), std::vector<std::string>{"configuration reloaded"});
}

TEST(Reload, AChangedCheckDoesNotFlapTheVip) {
  Script script(one_service());
  script.bring_up();
  Config changed = one_service();
  changed.services[0].checks[0].timeout = 100ms;
  EXPECT_EQ(count<action::StartProbe>(script.apply(changed)), 1U);
  EXPECT_EQ(count<action::Withdraw>(script.wait(90ms)), 0U);
  EXPECT_EQ(count<action::Withdraw>(script.probe(true)), 0U);
  EXPECT_EQ(script.vip_state().route.step, RouteStep::announced);
}

TEST(Reload, TheFirstResultOfAChangedCheckDecides) {
  Script script(one_service(3, 3));
  script.bring_up();
  Config changed = one_service(3, 3);
  changed.services[0].checks[0].settings.given["url"] = std::string("http://127.0.0.1:81/");
  script.apply(changed);
  EXPECT_EQ(count<action::Withdraw>(script.probe(false)), 1U);
}

TEST(Reload, ARemovedVipIsReleasedAndAnAddedOneIsAnnounced) {
  Script script(one_service());
  script.bring_up();
  Config changed = one_service();
  const IpAddress added = vip("10.10.10.11");
  changed.services[0].vips = {added};
  EXPECT_EQ(count<action::Withdraw>(script.apply(changed)), 1U);
  script.route_note(RouteOutcome::removed);
  EXPECT_EQ(count<action::Attach>(script.snapshot({{vip(), KernelRoute::ours}})), 1U);
  EXPECT_EQ(count<action::Announce>(script.kernel(KernelRoute::ours, added)), 1U);
  EXPECT_EQ(count<action::Detach>(script.wait(1s)), 1U);
  script.kernel(KernelRoute::absent);
  EXPECT_FALSE(script.state().vips.contains(vip()));
}

TEST(Reload, ADrainedVipThatIsRemovedIsReleased) {
  Script script(one_service());
  script.bring_up();
  script.feed(event::OperatorCommand{command::Drain{scope::Node{}}});
  script.route_note(RouteOutcome::installed);
  Config changed = one_service();
  changed.services[0].vips = {vip("10.10.10.11")};
  script.apply(changed);
  // No drain holds it; it was announced as least preferred a moment ago, and changes are spaced.
  EXPECT_EQ(count<action::Withdraw>(script.wait(1s)), 1U);
  script.route_note(RouteOutcome::removed);
  script.snapshot({{vip(), KernelRoute::ours}});
  EXPECT_EQ(count<action::Detach>(script.wait(2s)), 1U);
  script.kernel(KernelRoute::absent);
  EXPECT_FALSE(script.state().vips.contains(vip()));
}

TEST(Reload, LeavesWhatAnEarlierRunLeftToItsRemoval) {
  Script script(one_service());
  const IpAddress left = vip("10.10.10.50");
  script.snapshot({{left, KernelRoute::ours}});
  script.apply(one_service());
  script.snapshot({{left, KernelRoute::ours}});
  EXPECT_EQ(count<action::Detach>(script.wait(1s)), 1U);
}

TEST(Status, OfACheckThatCannotRunHoldsNothingOpenUnasked) {
  Script script(one_service());
  script.bring_up();
  script.wait(1s);
  script.feed(event::ProbeFinished{{"web", "http"},
                                   script.state().checks.at({"web", "http"}).generation,
                                   {false, "no such program", 1ms, Failure::not_run}});
  for (const Problem& problem : make_status(script.state(), script.now(), {}).problems) {
    EXPECT_EQ(problem.text.find("fail_open"), std::string::npos) << problem.text;
  }
  EXPECT_EQ(script.state().services.at("web").health, CheckHealth::down);
}

TEST(Status, TellsTheWatchesOfEachService) {
  Config config = one_service();
  config.services[0].watch.unit = "nginx.service";
  config.services.push_back(config.services[0]);
  config.services[1].name = "dns";
  config.services[1].vips = {vip("10.10.10.20")};
  config.services[1].watch.unit = "nsd.service";
  Script script(config);
  const Status status = make_status(script.state(), script.now(), {});
  ASSERT_EQ(status.services.size(), 2U);
  for (const ServiceStatus& service : status.services) {
    ASSERT_EQ(service.watches.size(), 1U) << service.name;
    EXPECT_EQ(service.watches[0].target, service.name == "dns" ? "nsd.service" : "nginx.service");
  }
}

TEST(Reload, ARenamedServiceKeepsItsAnnouncementsUntilItsChecksHaveSpoken) {
  Script script(one_service());
  script.bring_up();
  script.wait(1s);
  Config changed = one_service();
  changed.services[0].name = "www";
  Actions actions = script.apply(changed);
  EXPECT_EQ(count<action::Withdraw>(actions), 0U);
  const event::ProbeFinished down{{"www", "http"},
                                  script.state().checks.at({"www", "http"}).generation,
                                  {false, "connect refused", 1ms}};
  EXPECT_EQ(count<action::Withdraw>(script.feed(down)), 1U);
}

TEST(Zebra, IsToldToForgetWhatIsNotWantedWhenItReturns) {
  Script script(one_service());
  script.snapshot();
  EXPECT_EQ(count<action::Withdraw>(script.connect()), 1U);
  EXPECT_EQ(script.vip_state().route.step, RouteStep::withdrawn);
}

TEST(Reload, OfAVipIntoAnotherVrfIsRejected) {
  Script script(one_service());
  script.bring_up();
  Config changed = one_service();
  changed.services[0].vrf = "blue";
  EXPECT_EQ(notes(script.apply(changed)),
            std::vector<std::string>{
                "reload rejected, nothing was changed: services." + changed.services[0].name +
                ".vrf cannot change while running: restart the agent instead"});
  // A VIP that is new may be anywhere.
  changed = one_service();
  changed.services.push_back(changed.services[0]);
  changed.services[1].name = "zone";
  changed.services[1].vips = {*IpAddress::parse("10.10.10.99")};
  changed.services[1].vrf = "blue";
  EXPECT_EQ(notes(script.apply(changed)), std::vector<std::string>{"configuration reloaded"});
}

TEST(Reload, OfWhatNeedsARestartIsRejected) {
  Script script(one_service());
  script.bring_up();
  Config changed = one_service();
  changed.frr.route_type = RouteType::babel;
  changed.frr.dialect = "10.7";
  changed.services.clear();
  const Actions actions = script.apply(changed);
  EXPECT_EQ(notes(actions), std::vector<std::string>{
                                "reload rejected, nothing was changed: frr.route_type, frr.dialect "
                                "cannot change while running: restart the agent instead"});
  EXPECT_EQ(script.vip_state().route.step, RouteStep::announced);
  EXPECT_EQ(make_status(script.state(), script.now(), {}).config.state,
            model::ConfigState::rejected);
}

TEST(Reload, ARejectedOneShowsInTheStatusUntilTheNext) {
  Script script(one_service());
  script.bring_up();
  script.feed(event::ConfigRejected{"vipherd.toml:3:1: unknown key"});
  EXPECT_EQ(make_status(script.state(), script.now(), {}).config.reason,
            "vipherd.toml:3:1: unknown key");
  script.apply(one_service());
  EXPECT_EQ(make_status(script.state(), script.now(), {}).config.state,
            model::ConfigState::applied);
}

TEST(Operator, DisablesAndEnablesAService) {
  Script script(one_service());
  script.bring_up();
  script.wait(1s);
  script.probe(true);
  EXPECT_EQ(count<action::Withdraw>(
                script.feed(event::OperatorCommand{command::Disable{scope::Service{"web"}}})),
            1U);
  script.route_note(RouteOutcome::removed);
  script.wait(1s);
  EXPECT_EQ(count<action::Attach>(script.kernel(KernelRoute::absent)), 0U);
  script.probe(true);
  EXPECT_EQ(count<action::Attach>(
                script.feed(event::OperatorCommand{command::Enable{scope::Service{"web"}}})),
            1U);
}

TEST(Shutdown, WithdrawsWaitsDetachesAndFinishes) {
  Script script(one_service());
  script.bring_up();
  Actions actions = script.feed(event::ShutdownRequested{"SIGTERM"});
  EXPECT_EQ(count<action::Withdraw>(actions), 1U);
  EXPECT_EQ(count<action::Finished>(script.wait(500ms)), 0U);
  script.route_note(RouteOutcome::removed);
  actions = script.wait(1s);
  EXPECT_EQ(count<action::Detach>(actions), 1U);
  EXPECT_EQ(count<action::Finished>(actions), 0U);
  actions = script.kernel(KernelRoute::absent);
  ASSERT_EQ(count<action::Finished>(actions), 1U);
  EXPECT_EQ(notes(actions).back(), "stopped: everything is withdrawn and detached");
}

TEST(Shutdown, ClosesTheSessionAtTheDeadlineAndThenDetaches) {
  Script script(one_service());
  script.bring_up();
  script.feed(event::ShutdownRequested{"SIGTERM"});
  EXPECT_EQ(count<action::CloseSession>(script.wait(9'900ms)), 0U);
  EXPECT_EQ(count<action::CloseSession>(script.wait(100ms)), 1U);
  script.feed(event::SpeakerDown{1, "closed"});
  EXPECT_EQ(count<action::Detach>(script.wait(900ms)), 0U);
  const Actions actions = script.wait(100ms);
  EXPECT_EQ(count<action::Detach>(actions), 1U);
  EXPECT_EQ(count<action::Finished>(actions), 0U) << "the detachment is waited for";
  EXPECT_EQ(count<action::Finished>(script.kernel(KernelRoute::absent)), 1U);
}

TEST(Shutdown, EndsEvenIfTheKernelSaysNothing) {
  Script script(one_service());
  script.bring_up();
  script.feed(event::ShutdownRequested{"SIGTERM"});
  script.wait(10s);
  script.feed(event::SpeakerDown{1, "closed"});
  const Actions actions = script.wait(10s);
  ASSERT_EQ(count<action::Finished>(actions), 1U);
  EXPECT_THAT(notes(actions),
              testing::Contains("stopped at the deadline: some VIPs may still be attached"));
}

TEST(Service, TellsWhichCheckIsToBlameNow) {
  Config config = one_service();
  CheckConfig tcp = config.services[0].checks[0];
  tcp.name = "tcp";
  config.services[0].checks.push_back(tcp);
  Script script(config);
  script.snapshot();
  script.probe(false, "http", "status 500");
  script.probe(false, "tcp", "connect refused");
  script.wait(1s);
  script.probe(true, "http");
  const Status status = make_status(script.state(), script.now(), {});
  EXPECT_EQ(status.services[0].health.reason, "check tcp: connect refused");
}

TEST(Shutdown, WithoutAnythingAnnouncedIsImmediate) {
  Script script(one_service());
  script.snapshot();
  EXPECT_EQ(count<action::Finished>(script.feed(event::ShutdownRequested{"SIGINT"})), 1U);
}

TEST(Status, TellsTheWholeChain) {
  Script script(one_service());
  script.snapshot();
  script.probe(true);
  script.kernel(KernelRoute::ours);
  const WallTime wall{std::chrono::hours(1)};
  const Status status = make_status(script.state(), script.now(), wall);
  ASSERT_EQ(status.vips.size(), 1U);
  VipStatus expected{
      "10.10.10.10",
      "web",
      true,
      {model::AttachStep::attached, wall, "service web is up: 1 of 1 checks up, 1 needed"},
      {model::RouteStep::withdrawn, wall, "zebra is not connected: not connected yet"},
      100,
      0};
  expected.reach.state = model::Advertised::unknown;
  expected.reach.since = status.vips[0].reach.since;
  EXPECT_EQ(status.vips[0], expected);
  const Health health = evaluate(status);
  EXPECT_EQ(health.state, HealthState::unhealthy);
  EXPECT_EQ(health.problems,
            (std::vector<Problem>{{Severity::problem, "zebra is not connected: not connected yet"},
                                  {Severity::problem,
                                   "VIP 10.10.10.10 is withdrawn: zebra is not connected: not "
                                   "connected yet",
                                   "web"}}));
}

TEST(Kernel, ThatCannotBeReadIsTheReasonForNotRunning) {
  Script script(one_service());
  EXPECT_EQ(notes(script.feed(event::KernelStale{"no buffer space"})),
            std::vector<std::string>{"cannot read the kernel's routes: no buffer space"});
  EXPECT_EQ(make_status(script.state(), script.now(), {}).agent.reason,
            "cannot read the kernel's routes: no buffer space");
  script.bring_up();
  script.snapshot({{vip(), KernelRoute::ours}});
  const Actions again = script.feed(event::KernelStale{"messages were lost"});
  EXPECT_EQ(count<action::ReadKernel>(again), 1U);
  EXPECT_EQ(notes(again),
            std::vector<std::string>{"reading the kernel's routes again: messages were lost"});
}

TEST(Kernel, ARouteOfOursThatWasNotAskedForIsRemovedAndAForeignOneIsNot) {
  Script script(one_service());
  script.bring_up();
  const IpAddress left = vip("10.10.10.50");
  EXPECT_EQ(count<action::Detach>(script.kernel(KernelRoute::foreign, left)), 0U);
  EXPECT_FALSE(script.state().vips.contains(left));
  script.kernel(KernelRoute::ours, left);
  EXPECT_EQ(count<action::Detach>(script.wait(1s)), 1U);
  script.kernel(KernelRoute::absent, left);
  EXPECT_FALSE(script.state().vips.contains(left));
}

/// The route is announced again a moment later: routers ignore a second change that comes too soon.
TEST(Status, TellsThatChangesOfOneVipAreSpaced) {
  Script script(one_service());
  script.bring_up();
  script.probe_now(false);
  script.route_note(RouteOutcome::removed);
  script.probe_now(true);
  const VipStatus status = make_status(script.state(), script.now(), {}).vips[0];
  EXPECT_EQ(status.announced.state, RouteStep::withdrawn);
  EXPECT_EQ(status.announced.reason,
            "waiting, so that changes of one VIP are min_change_interval apart");
}

}  // namespace
}  // namespace vipherd::core
