// The life of a VIP, step by step, through core::step.
#include <gtest/gtest.h>

#include "unit/core/script.hpp"

namespace vipherd::core {
namespace {

using namespace model;

TEST(Vip, IsAttachedThenAnnouncedThenWithdrawnThenDetached) {
  Script script(one_service());
  script.snapshot();
  script.connect();
  Actions actions = script.probe(true);
  EXPECT_EQ(count<action::Attach>(actions), 1U);
  EXPECT_EQ(count<action::Announce>(actions), 0U) << "not before the attachment is confirmed";
  actions = script.kernel(KernelRoute::ours);
  EXPECT_EQ(count<action::Announce>(actions), 1U);
  script.route_note(RouteOutcome::installed);
  EXPECT_EQ(script.vip_state().route.step, RouteStep::announced);

  script.wait(1s);
  actions = script.probe(false);
  EXPECT_EQ(count<action::Withdraw>(actions), 1U);
  EXPECT_EQ(count<action::Detach>(actions), 0U) << "not before the withdrawal is confirmed";
  actions = script.route_note(RouteOutcome::removed);
  EXPECT_EQ(count<action::Detach>(actions), 0U) << "packets in flight are still answered";
  EXPECT_EQ(count<action::Detach>(script.wait(999ms)), 0U);
  EXPECT_EQ(count<action::Detach>(script.wait(1ms)), 1U);
  script.kernel(KernelRoute::absent);
  EXPECT_EQ(script.vip_state().attachment.seen, KernelRoute::absent);
}

TEST(Vip, WhereTheAddressIsTheAnnouncementItChangesAsSeldom) {
  Config config = one_service();
  config.frr.announcer = Announcer::connected;
  config.frr.min_change_interval = 2s;
  config.vips.detach_delay = {};
  Script script(config);
  script.bring_up();
  script.wait(1s);
  script.probe(false);
  EXPECT_EQ(count<action::Detach>(script.route_note(RouteOutcome::removed)), 1U)
      << "this withdraws";
  script.kernel(KernelRoute::absent);
  // The attachment is what OSPF would see too soon.
  EXPECT_EQ(count<action::Attach>(script.wait(1s)), 0U);
  EXPECT_EQ(count<action::Attach>(script.probe(true)), 0U);
  EXPECT_EQ(count<action::Attach>(script.wait(999ms)), 0U);
  EXPECT_EQ(count<action::Attach>(script.wait(1ms)), 1U);
}

TEST(Vip, NothingHappensBeforeTheKernelWasRead) {
  Script script(one_service());
  script.connect();
  EXPECT_EQ(count<action::Attach>(script.probe(true)), 0U);
  EXPECT_EQ(count<action::Attach>(script.snapshot()), 1U);
}

TEST(Vip, CarriesTagAndMetricOfItsService) {
  Config config = one_service();
  config.services[0].route = {200, 7};
  Script script(config);
  script.snapshot();
  script.connect();
  script.probe(true);
  const Actions actions = script.kernel(KernelRoute::ours);
  const auto& announce = std::get<action::Announce>(actions.at(1));
  EXPECT_EQ(announce.vip, vip());
  EXPECT_EQ(announce.route, (RouteAttributes{200, 7}));
}

TEST(Vip, ChangesAreSpacedButALoneWithdrawalIsNotDelayed) {
  Script script(one_service());
  script.bring_up();
  EXPECT_EQ(count<action::Withdraw>(script.wait(1s)), 0U);
  EXPECT_EQ(count<action::Withdraw>(script.probe(false)), 1U);
  script.route_note(RouteOutcome::removed);
  script.wait(700ms);
  script.feed(event::OperatorCommand{command::Probe{scope::Node{}}});
  EXPECT_EQ(count<action::Announce>(script.probe(true)), 0U) << "0.7 s after the withdrawal";
  EXPECT_EQ(count<action::Announce>(script.wait(300ms)), 1U) << "1 s after it";
}

TEST(Vip, IsAnnouncedAgainAfterZebraReturns) {
  Script script(one_service());
  script.bring_up();
  script.feed(event::SpeakerDown{1, "connection reset"});
  EXPECT_EQ(script.vip_state().route.step, RouteStep::withdrawn);
  EXPECT_EQ(count<action::Detach>(script.wait(900ms)), 0U)
      << "the service is up: it stays attached";
  script.probe(true);
  script.wait(100ms);
  EXPECT_EQ(count<action::Announce>(script.feed(event::SpeakerUp{2, "FRR 8.4"})), 1U);
}

TEST(Vip, ForgetsNotesOfAnEarlierSession) {
  Script script(one_service());
  script.bring_up();
  script.feed(event::SpeakerDown{1, "connection reset"});
  script.wait(1s);
  script.feed(event::SpeakerUp{2, "FRR 8.4"});
  EXPECT_EQ(script.vip_state().route.step, RouteStep::sent);
  script.route_note(RouteOutcome::installed);  // of session 1
  EXPECT_EQ(script.vip_state().route.step, RouteStep::sent);
  script.feed(event::RouteStatus{2, vip(), RouteOutcome::installed});
  EXPECT_EQ(script.vip_state().route.step, RouteStep::announced);
}

TEST(Vip, IsPutBackWhenSomebodyRemovesIt) {
  Script script(one_service());
  script.bring_up();
  const Actions actions = script.kernel(KernelRoute::absent);
  EXPECT_EQ(count<action::Attach>(actions), 1U);
  EXPECT_EQ(count<action::Withdraw>(actions), 0U);
  script.kernel(KernelRoute::ours);
  EXPECT_EQ(count<action::Withdraw>(script.wait(900ms)), 0U);
}

TEST(Vip, IsWithdrawnWhenItCannotBePutBack) {
  Script script(one_service());
  script.bring_up();
  script.kernel(KernelRoute::absent);
  const Actions actions = script.feed(event::AttachFailed{vip(), "Operation not permitted"});
  EXPECT_EQ(count<action::Withdraw>(actions), 1U);
}

TEST(Vip, AForeignAddressIsUsedAndNeverRemoved) {
  Script script(one_service());
  script.snapshot({{vip(), KernelRoute::foreign}});
  script.connect();
  Actions actions = script.probe(true);
  EXPECT_EQ(count<action::Attach>(actions), 0U);
  EXPECT_EQ(count<action::Announce>(actions), 1U);
  script.route_note(RouteOutcome::installed);
  script.wait(1s);
  script.probe(false);
  script.route_note(RouteOutcome::removed);
  EXPECT_EQ(count<action::Detach>(script.wait(1min)), 0U);
}

TEST(Vip, LosingAgainstAnotherRouteIsSaidWithTheReason) {
  Script script(one_service());
  script.snapshot();
  script.connect();
  script.probe(true);
  script.kernel(KernelRoute::ours);
  EXPECT_EQ(count<action::InspectRoute>(script.wait(1s)), 1U) << "no INSTALLED came";
  const Actions actions = script.rib(RibState::not_selected, "connected route on lo is selected");
  EXPECT_EQ(script.vip_state().route.step, RouteStep::not_selected);
  EXPECT_EQ(notes(actions),
            (std::vector<std::string>{
                "VIP 10.10.10.10 is not announced: connected route on lo is selected"}));
  EXPECT_TRUE(
      notes(script.rib(RibState::not_selected, "connected route on lo is selected")).empty());
  script.route_note(RouteOutcome::installed);
  EXPECT_EQ(script.vip_state().route.step, RouteStep::announced);
}

TEST(Vip, IsAnnouncedAgainWhenZebraDropsItsRoute) {
  Script script(one_service());
  script.bring_up();
  EXPECT_EQ(notes(script.route_note(RouteOutcome::removed)).size(), 1U);
  EXPECT_EQ(count<action::InspectRoute>(script.wait(100ms)), 1U);
  EXPECT_EQ(count<action::Announce>(script.rib(RibState::absent)), 1U);
  script.route_note(RouteOutcome::installed);
  EXPECT_EQ(script.vip_state().route.step, RouteStep::announced);
}

TEST(Vip, AWithdrawalThatWasNeverInstalledIsConfirmedByAsking) {
  Script script(one_service());
  script.snapshot();
  script.connect();
  script.probe(true);
  script.kernel(KernelRoute::ours);
  script.wait(1s);
  EXPECT_EQ(count<action::Withdraw>(script.probe(false)), 1U);
  EXPECT_EQ(count<action::InspectRoute>(script.wait(100ms)), 1U);
  script.rib(RibState::absent);
  EXPECT_EQ(script.vip_state().route.step, RouteStep::withdrawn);
}

TEST(Vip, AWithdrawalThatUncoversAnotherNodesRouteIsConfirmedByAskingAtOnce) {
  Script script(one_service());
  script.bring_up();
  script.wait(1s);
  script.probe(false);
  const Actions actions = script.route_note(RouteOutcome::not_selected);
  EXPECT_EQ(count<action::InspectRoute>(actions), 1U);
  EXPECT_EQ(count<action::Withdraw>(actions), 0U);
  script.rib(RibState::absent);
  EXPECT_EQ(script.vip_state().route.step, RouteStep::withdrawn);
}

TEST(Vip, AWithdrawalIsConfirmedInTheEndThoughZebraCannotBeAsked) {
  Script script(one_service());
  script.bring_up();
  script.wait(1s);
  script.probe(false);
  script.route_note(RouteOutcome::not_selected);
  for (int second = 0; second < 10; ++second) {
    script.rib(RibState::unknown);
    script.wait(1s);
  }
  EXPECT_EQ(script.vip_state().route.step, RouteStep::withdrawn);
}

TEST(Vip, ARouteThatZebraCannotInstallIsTriedAgainAndSaidOnce) {
  Script script(one_service());
  script.bring_up();
  std::size_t said = 0;
  std::size_t announced = 0;
  for (int second = 0; second < 30; ++second) {
    said += notes(script.route_note(RouteOutcome::install_failed)).size();
    announced += count<action::Announce>(script.wait(1s));
    if (script.state().checks.at({"web", "http"}).in_flight) script.probe(true);
  }
  EXPECT_EQ(said, 1U);
  EXPECT_GE(announced, 3U);
  script.route_note(RouteOutcome::installed);
  EXPECT_EQ(notes(script.route_note(RouteOutcome::install_failed)).size(), 1U) << "news again";
}

TEST(Vip, AnAttachThatIsNeitherSeenNorRefusedIsDoubted) {
  Script script(one_service());
  script.snapshot();
  script.probe(true);
  std::size_t attempts = 0;
  std::size_t said = 0;
  for (int second = 0; second < 60; ++second) {
    const Actions actions = script.wait(1s);
    attempts += count<action::Attach>(actions);
    for (const std::string& line : notes(actions)) said += line.starts_with("VIP") ? 1 : 0;
    script.snapshot();
    if (script.state().checks.at({"web", "http"}).in_flight) script.probe(true);
  }
  EXPECT_GE(attempts, 3U);
  EXPECT_LE(attempts, 10U);
  EXPECT_EQ(said, 1U);
}

TEST(Vip, AnUnconfirmedWithdrawalIsRepeatedAndTheVipStaysAttached) {
  Script script(one_service());
  script.bring_up();
  script.wait(1s);
  script.probe(false);
  const Actions actions = script.wait(20s);
  EXPECT_GE(count<action::Withdraw>(actions), 3U);
  EXPECT_EQ(count<action::Detach>(actions), 0U);
}

TEST(Vip, IsAdoptedFromAnEarlierRunAndHeldUntilTheFirstVerdict) {
  Script script(one_service());
  Actions actions = script.snapshot({{vip(), KernelRoute::ours}});
  EXPECT_EQ(count<action::Attach>(actions) + count<action::Detach>(actions), 0U);
  script.connect();
  EXPECT_EQ(count<action::Announce>(script.probe(true)), 1U);
}

TEST(Vip, LeftOverOfAnEarlierRunIsDetached) {
  Script script(one_service());
  const IpAddress other = vip("10.10.10.99");
  script.snapshot({{other, KernelRoute::ours}});
  const Actions actions = script.wait(1s);
  ASSERT_EQ(count<action::Detach>(actions), 1U);
  script.kernel(KernelRoute::absent, other);
  EXPECT_FALSE(script.state().vips.contains(other));
}

TEST(Vip, AttachAlwaysDoesNotWaitForTheService) {
  Config config = one_service();
  config.services[0].attach = AttachPolicy::always;
  Script script(config);
  EXPECT_EQ(count<action::Attach>(script.snapshot()), 1U);
  script.kernel(KernelRoute::ours);
  script.connect();
  EXPECT_EQ(count<action::Announce>(script.probe(false)), 0U);
  EXPECT_EQ(count<action::Detach>(script.wait(1min)), 0U);
}

/// A zebra that took the place of a killed one has found the route in the kernel, and keeps it.
TEST(Vip, OfAServiceThatFailsBeforeItIsAnnouncedToANewZebraIsWithdrawnFromIt) {
  for (const bool resumed : {false, true}) {
    Script script(one_service());
    script.bring_up();
    script.wait(1s);
    ASSERT_TRUE(script.state().checks.at({"web", "http"}).in_flight);
    script.feed(event::SpeakerDown{1, "connection reset"});
    const Actions met = script.feed(event::SpeakerUp{2, "FRR 8.4", resumed});
    EXPECT_EQ(count<action::Withdraw>(met) + count<action::Announce>(met), 0U)
        << "changes are min_change_interval apart";
    const Actions failed = script.probe(false);
    EXPECT_EQ(count<action::Withdraw>(failed), 1U);
    EXPECT_EQ(count<action::Detach>(failed), 0U) << "nothing confirms that it is gone";
    EXPECT_EQ(count<action::Announce>(script.wait(10s)), 0U);
  }
}

TEST(Vip, RefusedAttachIsRetriedWithBackoffAndSaidOnce) {
  Script script(one_service());
  script.snapshot();
  script.connect();
  script.probe(true);
  std::size_t said = 0;
  std::size_t attempts = 0;
  for (int second = 0; second < 60; ++second) {
    const auto lines = notes(script.feed(event::AttachFailed{vip(), "Operation not permitted"}));
    said += lines.size();
    attempts += count<action::Attach>(script.wait(1s));
    if (script.state().checks.at({"web", "http"}).in_flight) script.probe(true);
  }
  EXPECT_EQ(said, 1U);
  EXPECT_GE(attempts, 4U);
  EXPECT_LE(attempts, 10U);
}

}  // namespace
}  // namespace vipherd::core
