// What the protocols' daemons tell: the alarm, the repair, the last one standing, handing over.
#include <gmock/gmock.h>

#include "core/guard.hpp"
#include "core/status_view.hpp"
#include "unit/core/script.hpp"
#include "vipherd/model/health.hpp"

namespace vipherd::core {
namespace {

using namespace model;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

/// What a daemon answers; it is seen when it is told to the core.
struct Told {
  std::string daemon;
  Result<Reach> answer;
};

Told bgp_reaches(std::optional<std::uint32_t> others = std::nullopt) {
  return {"bgpd", Reach{true, {"192.168.100.1"}, others, ""}};
}
Told ospf_reaches(std::uint32_t others) {
  return {"ospfd", Reach{true, {"192.168.100.1"}, others, ""}};
}
Told ospf_lacks(std::uint32_t others, std::string why = "no OSPF adjacency is full") {
  return {"ospfd", Reach{false, {}, others, std::move(why)}};
}
Told bgp_lacks() { return {"bgpd", Reach{false, {}, std::nullopt, "bgpd has no route for it"}}; }
Told bgp_is_silent() { return {"bgpd", fail("bgpd did not answer within 1s")}; }

class ReachTest : public testing::Test {
 protected:
  explicit ReachTest(Config config = quiet(one_service())) : script_(config) {
    script_.bring_up();
    script_.wait(1s);
  }
  static Config quiet(Config config) {
    config.services[0].checks[0].interval = 1h;
    return config;
  }
  Actions observe(const std::vector<Told>& all, Duration age = {}) {
    event::Observed observed{vip(), {}};
    for (const Told& told : all) {
      observed.reach.emplace_back(told.daemon, script_.now() - age, told.answer);
    }
    return script_.feed(observed);
  }
  VipStatus status() { return make_status(script_.state(), script_.now(), {}).vips[0]; }
  Script script_;
};

TEST(Reach, IsAskedForSoonAfterTheAnnouncement) {
  Script script(one_service());
  script.snapshot();
  script.connect();
  script.probe(true);
  script.kernel(KernelRoute::ours);
  EXPECT_EQ(count<action::Observe>(script.wait(200ms)), 0u) << "it is not announced yet";
  script.route_note(RouteOutcome::installed);
  EXPECT_EQ(count<action::Observe>(script.wait(150ms)), 1u);
}

TEST_F(ReachTest, IsAskedForRarelyOnceItIsThere) {
  observe({bgp_reaches(), ospf_reaches(1)});
  EXPECT_EQ(status().reach.state, model::Advertised::to_all);
  EXPECT_EQ(status().reach.reason,
            "bgpd advertises it to 192.168.100.1; ospfd advertises it to 192.168.100.1");
  script_.wait(20s);
  EXPECT_LE(count<action::Observe>(script_.wait(100s)), 21u);
}

TEST_F(ReachTest, IsAnAlarmWhereItIsMissingForTooLong) {
  EXPECT_THAT(notes(observe({bgp_lacks()})), Not(Contains(HasSubstr("advertised to none"))));
  script_.wait(11s);
  const Actions actions = observe({bgp_lacks()});
  EXPECT_THAT(notes(actions), Contains("VIP 10.10.10.10 is announced to zebra, but advertised to "
                                       "none: bgpd has no route for it"));
  EXPECT_EQ(count<action::Announce>(actions), 1u) << "one attempt to repair it";
  EXPECT_TRUE(status().reach_alarm);
  EXPECT_EQ(evaluate(make_status(script_.state(), script_.now(), {})).state,
            HealthState::unhealthy);
  script_.wait(1s);
  const Actions again = observe({bgp_lacks()});
  EXPECT_EQ(count<action::Announce>(again), 0u) << "not at once again";
  EXPECT_THAT(notes(again), testing::IsEmpty());
  EXPECT_THAT(notes(observe({bgp_reaches()})), Contains(HasSubstr("is advertised to all again")));
  EXPECT_FALSE(status().reach_alarm);
}

TEST(Reach, IsRepairedForAllVipsAtOnce) {
  const std::vector<IpAddress> vips = {vip(), vip("10.10.10.11"), vip("10.10.10.12")};
  Config config = one_service();
  config.services[0].vips = vips;
  config.services[0].checks[0].interval = 1h;
  Script script(config);
  script.snapshot();
  script.connect();
  script.probe(true);
  const auto all_lack = [&] {
    std::size_t announced = 0;
    for (const IpAddress& address : vips) {
      const SeenReach lacks("bgpd", script.now(), Reach{false, {}, {}, "bgpd has no route for it"});
      announced += count<action::Announce>(script.feed(event::Observed{address, {lacks}}));
    }
    return announced;
  };
  for (const IpAddress& address : vips) {
    script.kernel(KernelRoute::ours, address);
    script.route_note(RouteOutcome::installed, address);
  }
  script.wait(1s);
  EXPECT_EQ(all_lack(), 0u);
  script.wait(11s);
  EXPECT_EQ(all_lack(), vips.size()) << "zebra was restarted, and bgpd missed every route";
}

TEST_F(ReachTest, IsNotRepairedWhereOnlyASessionIsMissing) {
  const Told no_session{
      "bgpd", Reach{true, {}, {}, "no BGP session is established (192.168.100.1 Active)"}};
  observe({no_session});
  script_.wait(11s);
  const Actions actions = observe({no_session});
  EXPECT_EQ(count<action::Announce>(actions), 0u);
  EXPECT_THAT(notes(actions), Contains(HasSubstr("no BGP session is established")));
}

TEST_F(ReachTest, ThroughOneOfTwoProtocolsIsPartly) {
  observe({bgp_reaches(), ospf_lacks(0)});
  EXPECT_EQ(status().reach.state, model::Advertised::to_some);
  EXPECT_EQ(status().daemons.size(), 2u);
}

/// Answers every question at once, until it is an alarm; how long that took.
class HalfTest : public ReachTest {
 protected:
  Duration until_alarm(const std::vector<Told>& answer) {
    Duration waited{};
    while (!status().reach_alarm && waited < 60s) {
      if (count<action::Observe>(script_.wait(100ms)) > 0) observe(answer);
      waited += 100ms;
    }
    return waited;
  }
};

TEST_F(HalfTest, AnAnnouncementIsAnAlarmWithinTheDeadlineWheneverItBecomesSo) {
  observe({bgp_reaches(), ospf_reaches(1)});
  // Long after, and right after it was found to be well.
  while (count<action::Observe>(script_.wait(100ms)) == 0) {
  }
  observe({bgp_reaches(), ospf_reaches(1)});
  EXPECT_LE(until_alarm({bgp_lacks(), ospf_reaches(1)}), 10s + 200ms);
  const Health health = evaluate(make_status(script_.state(), script_.now(), {}));
  EXPECT_EQ(health.state, HealthState::unhealthy);
  ASSERT_EQ(health.problems.size(), 1u);
  EXPECT_THAT(health.problems[0].text, HasSubstr("VIP 10.10.10.10 is advertised to some only: "
                                                 "bgpd has no route for it"));
}

TEST_F(HalfTest, ANewAnnouncementIsAnAlarmAtTheDeadline) {
  const Duration waited = until_alarm({bgp_lacks(), ospf_reaches(1)});
  EXPECT_LE(waited, 10s);
  EXPECT_GE(waited, 7s) << "it was announced a moment before";
}

TEST_F(HalfTest, OneLookIsNoAlarm) {
  observe({bgp_reaches(), ospf_reaches(1)});
  script_.wait(30s);
  observe({bgp_lacks(), ospf_reaches(1)});
  EXPECT_FALSE(status().reach_alarm);
}

TEST_F(HalfTest, WhatNobodyAnswersIsAProblemToo) {
  observe({bgp_reaches()});
  until_alarm({bgp_is_silent()});
  const Health health = evaluate(make_status(script_.state(), script_.now(), {}));
  EXPECT_EQ(health.state, HealthState::unhealthy);
  EXPECT_THAT(health.problems.at(0).text,
              HasSubstr("announced, to whom is not known: bgpd did not answer within 1s"));
}

TEST_F(ReachTest, OfADaemonThatDoesNotAnswerIsUnknown) {
  observe({bgp_is_silent()});
  EXPECT_EQ(status().reach.state, model::Advertised::unknown);
  EXPECT_EQ(status().reach.reason, "bgpd did not answer within 1s");
  observe({bgp_is_silent(), ospf_reaches(1)});
  EXPECT_EQ(status().reach.state, model::Advertised::unknown);
  observe({bgp_is_silent(), ospf_lacks(1)});
  EXPECT_EQ(status().reach.state, model::Advertised::to_some);
}

TEST_F(ReachTest, IsNotRepairedWhereTheDaemonDoesNotAnswer) {
  observe({bgp_is_silent()});
  script_.wait(11s);
  EXPECT_EQ(count<action::Announce>(observe({bgp_is_silent()})), 0u);
}

TEST_F(ReachTest, CarriesTheTimeAtWhichItWasRead) {
  observe({bgp_reaches(), ospf_reaches(1)}, 3s);
  script_.wait(2s);
  const WallTime wall{100s};
  const VipStatus vip = make_status(script_.state(), script_.now(), wall).vips[0];
  ASSERT_EQ(vip.daemons.size(), 2u);
  EXPECT_EQ(vip.daemons[0].source(), "bgpd");
  EXPECT_EQ(vip.daemons[0].at(), wall - 5s);
}

/// Down, withdrawn from zebra.
class LingeringTest : public ReachTest {
 protected:
  LingeringTest() {
    observe({bgp_reaches()});
    script_.probe_now(false);
    script_.route_note(RouteOutcome::removed);
  }
};

TEST_F(LingeringTest, IsAskedForAfterAWithdrawalUntilNobodyAnnouncesIt) {
  EXPECT_EQ(count<action::Observe>(script_.wait(150ms)), 1u);
  EXPECT_THAT(notes(observe({bgp_reaches()})), testing::IsEmpty()) << "it takes a moment";
  EXPECT_EQ(status().reach.state, model::Advertised::stale);
  EXPECT_GE(count<action::Observe>(script_.wait(1s)), 1u);
  EXPECT_THAT(notes(observe({bgp_lacks()})), testing::IsEmpty());
  EXPECT_EQ(status().reach.state, model::Advertised::unknown);
  EXPECT_LE(count<action::Observe>(script_.wait(100s)), 22u) << "others may announce it any time";
}

TEST_F(LingeringTest, SaysWhoseItIsOnceThatWasLookedUp) {
  const auto why = [&](event::SelectedRoute route) {
    EXPECT_EQ(count<action::LookUpRoute>(observe({bgp_reaches()})), 1u);
    script_.feed(event::RouteLookedUp{vip(), std::move(route)});
    return status().reach.reason;
  };
  EXPECT_EQ(why({}), "still announced by bgpd");
  EXPECT_THAT(why({RibState::unknown, "no answer"}),
              testing::HasSubstr("could not be looked up: no answer"));
  EXPECT_THAT(why({RibState::absent, ""}), testing::HasSubstr("zebra has no route for it"));
  EXPECT_EQ(why({RibState::selected, "static route via 192.168.1.1"}),
            "still announced by bgpd: static route via 192.168.1.1 that another program added; "
            "remove it");
  EXPECT_EQ(why({RibState::selected, "ospf6 route via fe80::3"}),
            "still announced by bgpd; zebra has it from other routers alone (ospf6 route via "
            "fe80::3): remove the network statement that another program added, or restart the "
            "daemon if there is none");
  EXPECT_EQ(why({RibState::selected, "connected route on lo"}),
            "still announced by bgpd: connected route on lo, still attached by vipherd");
  script_.kernel(KernelRoute::foreign);
  EXPECT_EQ(
      why({RibState::selected, "connected route on lo"}),
      "still announced by bgpd: connected route on lo, an address that another program added; "
      "remove it");
  EXPECT_THAT(why({RibState::selected, "openfabric route"}),
              testing::HasSubstr("zebra has not removed vipherd's"));
}

TEST_F(LingeringTest, IsAProblemUntilItIsGone) {
  observe({bgp_reaches()});
  script_.wait(11s);
  observe({bgp_reaches()});
  script_.feed(event::RouteLookedUp{vip(), {RibState::selected, "kernel route on eth0"}});
  const auto is_told = [&] {
    const Health health = evaluate(make_status(script_.state(), script_.now(), {}));
    return std::ranges::any_of(health.problems, [](const Problem& problem) {
      return problem.severity == Severity::problem &&
             problem.text.find(
                 "10.10.10.10 is withdrawn, but still announced by bgpd: kernel route on eth0") !=
                 std::string::npos;
    });
  };
  EXPECT_TRUE(is_told());
  observe({bgp_lacks()});
  EXPECT_FALSE(is_told());
}

TEST_F(LingeringTest, IsNotRuledOutWhereADaemonDoesNotAnswer) {
  observe({bgp_is_silent()});
  EXPECT_THAT(status().reach.reason, HasSubstr("it is not known whether it is still advertised"));
  EXPECT_GE(count<action::Observe>(script_.wait(20s)), 1u) << "it is asked about on";
}

TEST_F(LingeringTest, IsAnAlarmAfterTheDeadline) {
  observe({bgp_reaches()});
  script_.wait(11s);
  EXPECT_THAT(notes(observe({bgp_reaches()})),
              Contains("VIP 10.10.10.10 is withdrawn, but still announced by bgpd"));
  EXPECT_TRUE(status().reach_alarm);
  EXPECT_THAT(notes(observe({bgp_reaches()})), testing::IsEmpty()) << "said once";
  EXPECT_THAT(notes(observe({bgp_lacks()})),
              Contains("VIP 10.10.10.10 is announced by no daemon any more"));
  EXPECT_FALSE(status().reach_alarm);
}

TEST_F(LingeringTest, IsNoMatterOnceTheServiceIsBack) {
  observe({bgp_reaches()});
  script_.wait(2s);
  script_.kernel(KernelRoute::absent);
  script_.probe_now(true);
  script_.kernel(KernelRoute::ours);
  script_.route_note(RouteOutcome::installed);
  observe({bgp_reaches()});
  EXPECT_EQ(status().reach.state, model::Advertised::to_all);
}

// ------------------------------------------------------------------------------- guard

class GuardTest : public ReachTest {
 protected:
  GuardTest() : ReachTest(config()) {}
  static Config config() {
    Config config = quiet(one_service());
    config.services[0].guard.min_announcers = 1;
    config.services[0].on_all_down = OnAllDown::hold;
    return config;
  }
  std::string objection() {
    return drain_objection(script_.state(), scope::Service{"web"}, script_.now());
  }
  /// Down, withdrawn, detached.
  void lose() {
    script_.probe_now(false);
    script_.route_note(RouteOutcome::removed);
    script_.wait(1s);
  }
};

TEST_F(GuardTest, RefusesADrainThatLeavesNobody) {
  EXPECT_THAT(objection(), HasSubstr("cannot be seen from here")) << "unknown is not enough";
  observe({ospf_reaches(0)});
  EXPECT_EQ(objection(),
            "0 other nodes announce 10.10.10.10, and the guard of service web asks for 1");
  observe({bgp_reaches(), ospf_reaches(1)});
  EXPECT_EQ(objection(), "");
  script_.wait(10s);
  EXPECT_THAT(objection(), HasSubstr("cannot be seen from here")) << "that was long ago";
}

TEST_F(GuardTest, DoesNotMindWhatIsNotAnnounced) {
  lose();
  EXPECT_EQ(objection(), "");
}

TEST_F(GuardTest, TheLastOneStaysAnnouncedAsLeastPreferred) {
  observe({ospf_reaches(0)});
  const Actions actions = script_.probe_now(false);
  EXPECT_EQ(count<action::Withdraw>(actions), 0u);
  ASSERT_EQ(count<action::Announce>(actions), 1u);
  EXPECT_EQ(script_.vip_state().route.sent.tag, 200u);
  EXPECT_TRUE(status().held);
  script_.route_note(RouteOutcome::installed);
  script_.wait(2s);
  // Another one is well again.
  EXPECT_EQ(count<action::Withdraw>(observe({ospf_reaches(1)})), 1u);
}

TEST_F(GuardTest, WhoFailsBeforeTheOthersIsWithdrawnAndReturnsAfterTheLast) {
  observe({ospf_reaches(1)});
  EXPECT_EQ(count<action::Withdraw>(script_.probe_now(false)), 1u);
  script_.route_note(RouteOutcome::removed);
  script_.wait(2s);
  script_.kernel(KernelRoute::absent);
  EXPECT_GT(count<action::Observe>(script_.wait(3s)), 0u) << "the others matter to it";
  EXPECT_EQ(count<action::Attach>(observe({ospf_lacks(1, "not announced")})), 0u);
  EXPECT_EQ(count<action::Attach>(observe({ospf_lacks(0, "not announced")})), 1u);
  EXPECT_EQ(count<action::Announce>(script_.kernel(KernelRoute::ours)), 1u);
}

TEST_F(GuardTest, NothingIsHeldWhereOthersCannotBeSeen) {
  observe({bgp_reaches(std::nullopt)});
  EXPECT_EQ(count<action::Withdraw>(script_.probe_now(false)), 1u);
}

TEST_F(GuardTest, NothingIsHeldWhereOneDaemonDoesNotAnswer) {
  observe({bgp_is_silent(), ospf_reaches(0)});
  EXPECT_THAT(objection(), HasSubstr("cannot be seen from here"));
  EXPECT_EQ(count<action::Withdraw>(script_.probe_now(false)), 1u);
}

TEST_F(GuardTest, WhatWasReadLongAgoSaysNothingOfOthers) {
  observe({ospf_reaches(1)}, 30s);
  EXPECT_THAT(objection(), HasSubstr("cannot be seen from here"));
}

TEST_F(GuardTest, WhatNeverWorkedIsNotHeld) {
  Script script(config());
  script.snapshot();
  script.connect();
  script.probe(false);
  script.wait(1s);
  const Actions actions =
      script.feed(event::Observed{vip(), {{"ospfd", script.now(), ospf_reaches(0).answer}}});
  EXPECT_EQ(count<action::Attach>(actions), 0u);
}

// -------------------------------------------------------------------------- handing over

TEST(HandOver, LeavesEverythingAsItIs) {
  Script script(one_service());
  script.bring_up();
  const Actions actions = script.feed(event::ShutdownRequested{"restart", true});
  ASSERT_EQ(count<action::CloseSession>(actions), 1u);
  const Actions end = script.feed(event::SpeakerDown{1, "closed by the agent"});
  EXPECT_EQ(count<action::Finished>(end), 1u);
  EXPECT_EQ(count<action::Detach>(end) + count<action::Withdraw>(end) +
                count<action::Withdraw>(actions) + count<action::Detach>(actions),
            0u);
}

TEST(HandOver, IsTakenUpWithoutAWithdrawal) {
  Script script(one_service());
  script.snapshot({{vip(), KernelRoute::ours}});
  const Actions connected = script.feed(event::SpeakerUp{1, "FRR 8.4", true});
  EXPECT_EQ(count<action::Withdraw>(connected), 0u);
  EXPECT_EQ(count<action::EndOfRib>(script.wait(200ms)), 0u) << "nothing is decided yet";
  EXPECT_EQ(count<action::Announce>(script.probe(true)), 1u);
  EXPECT_EQ(count<action::EndOfRib>(script.wait(200ms)), 1u);
}

TEST(HandOver, WhatIsDownByNowIsWithdrawnBeforeItIsDetached) {
  Script script(one_service());
  script.snapshot({{vip(), KernelRoute::ours}});
  script.feed(event::SpeakerUp{1, "FRR 8.4", true});
  const Actions down = script.probe(false);
  EXPECT_EQ(count<action::Withdraw>(down), 1u);
  EXPECT_EQ(count<action::Detach>(down), 0u);
  EXPECT_EQ(count<action::Detach>(script.wait(500ms)), 0u);
  script.rib(RibState::absent);
  EXPECT_EQ(count<action::Detach>(script.wait(1s)), 1u);
}

TEST(Session, IsToldWhenEverythingWasAnnounced) {
  Script script(one_service());
  script.snapshot();
  script.connect();
  script.probe(true);
  EXPECT_EQ(count<action::EndOfRib>(script.wait(200ms)), 0u) << "it is still being attached";
  script.kernel(KernelRoute::ours);
  EXPECT_EQ(count<action::EndOfRib>(script.wait(100ms)), 1u);
  EXPECT_EQ(count<action::EndOfRib>(script.wait(10s)), 0u) << "once a session";
}

}  // namespace
}  // namespace vipherd::core
