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

}  // namespace
}  // namespace vipherd::core
