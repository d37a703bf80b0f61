// What operators ask for: why it is refused, and whom it concerns.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/status_view.hpp"
#include "unit/core/script.hpp"

namespace vipherd::core {
namespace {

using namespace model;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Kind = Refusal::Kind;

Config two_services() {
  Config config = one_service();
  config.services[0].guard.min_announcers = 1;
  ServiceConfig dns = config.services[0];
  dns.name = "dns";
  dns.vips = {vip("10.10.10.20"), vip("10.10.10.21")};
  dns.enabled = false;
  config.services.push_back(dns);
  return config;
}

class CommandTest : public testing::Test {
 protected:
  CommandTest() { script_.bring_up(); }

  std::optional<Refusal> refusal(const Command& command) const {
    return script_.core().refusal(command, script_.now());
  }
  std::string why(const Command& command, Kind kind) const {
    const auto refused = refusal(command);
    if (!refused) return "it is carried out";
    EXPECT_EQ(refused->kind, kind);
    return refused->reason;
  }
  void others(std::uint32_t count) {
    script_.feed(event::Observed{
        vip(), {{"ospfd", script_.now(), Reach{true, {"192.168.100.1"}, count, ""}}}});
  }

  Script script_{two_services()};
};

TEST_F(CommandTest, IsRefusedBeforeTheStartAndAfterTheEnd) {
  const auto early = Core().refusal(command::Resume{scope::Node{}}, script_.now());
  ASSERT_TRUE(early.has_value());
  EXPECT_EQ(early->kind, Kind::not_running);
  EXPECT_EQ(early->reason, "the agent is starting");
  script_.feed(event::ShutdownRequested{});
  EXPECT_EQ(why(command::Resume{scope::Node{}}, Kind::not_running), "the agent is stopping");
}

TEST_F(CommandTest, ForWhatThereIsNotIsRefused) {
  EXPECT_EQ(why(command::Disable{scope::Service{"mail"}}, Kind::no_such_service),
            "there is no service mail");
  EXPECT_EQ(why(command::Drain{scope::Vip{vip("10.10.10.99")}, true}, Kind::no_such_vip),
            "there is no VIP 10.10.10.99");
  EXPECT_EQ(refusal(command::Disable{scope::Service{"web"}}), std::nullopt);
  EXPECT_EQ(refusal(command::Drain{scope::Vip{vip()}, true}), std::nullopt);
}

TEST_F(CommandTest, CannotEnableWhatTheConfigurationDisables) {
  EXPECT_EQ(why(command::Enable{scope::Service{"dns"}}, Kind::not_now),
            "service dns is disabled by the configuration (enabled = false)");
  EXPECT_EQ(refusal(command::Enable{scope::Service{"web"}}), std::nullopt);
}

TEST_F(CommandTest, ToDrainIsRefusedByTheGuardUnlessItIsForced) {
  const command::Drain node{scope::Node{}};
  EXPECT_THAT(why(node, Kind::not_now), HasSubstr("cannot be seen from here"));
  others(0);
  EXPECT_EQ(why(node, Kind::not_now),
            "not drained: 0 other nodes announce 10.10.10.10, and the guard of service web asks "
            "for 1 (--force drains all the same)");
  EXPECT_EQ(refusal(command::Drain{scope::Node{}, true}), std::nullopt);
  EXPECT_EQ(refusal(command::Drain{scope::Service{"dns"}}), std::nullopt) << "it announces nothing";
  others(1);
  EXPECT_EQ(refusal(node), std::nullopt);
}

TEST_F(CommandTest, ToDrainWhatIsDrainedNeedsNoOthers) {
  others(1);
  script_.feed(event::OperatorCommand{command::Drain{scope::Node{}}});
  others(0);
  EXPECT_EQ(refusal(command::Drain{scope::Service{"web"}}), std::nullopt);
}

TEST_F(CommandTest, ToDrainWhatIsWithdrawnOrUnguardedNeedsNoOthers) {
  Config config = two_services();
  config.services[0].guard.min_announcers = 0;
  script_.apply(config);
  EXPECT_EQ(refusal(command::Drain{scope::Service{"web"}}), std::nullopt);
  script_.apply(two_services());
  script_.probe_now(false);
  script_.route_note(RouteOutcome::removed);
  EXPECT_EQ(refusal(command::Drain{scope::Service{"web"}}), std::nullopt);
}

TEST_F(CommandTest, OfAGuardThatWantsMoreNamesTheOneThereIs) {
  Config config = two_services();
  config.services[0].guard.min_announcers = 2;
  script_.apply(config);
  others(1);
  EXPECT_THAT(why(command::Drain{scope::Vip{vip()}}, Kind::not_now),
              HasSubstr("1 other node announces 10.10.10.10"));
}

TEST_F(CommandTest, ConcernsTheServicesAndVipsOfItsScope) {
  const Core& core = script_.core();
  EXPECT_THAT(core.concerned_by(scope::Node{}).services, ElementsAre("dns", "web"));
  EXPECT_EQ(core.concerned_by(scope::Node{}).vips.size(), 3U);
  EXPECT_THAT(core.concerned_by(scope::Service{"dns"}).vips,
              ElementsAre(vip("10.10.10.20"), vip("10.10.10.21")));
  const Concerned one = core.concerned_by(scope::Vip{vip("10.10.10.21")});
  EXPECT_THAT(one.services, ElementsAre("dns"));
  EXPECT_THAT(one.vips, ElementsAre(vip("10.10.10.21")));
  EXPECT_TRUE(core.concerned_by(scope::Service{"mail"}).services.empty());
}

/// A reload may take a service away between the question and the command.
TEST_F(CommandTest, ForAServiceThatIsGoneChangesNothing) {
  for (const Command& command : {Command{command::ClearDamping{scope::Service{"mail"}}},
                                 Command{command::Probe{scope::Service{"mail"}}}}) {
    EXPECT_THAT(script_.feed(event::OperatorCommand{command}), IsEmpty());
  }
}

TEST_F(CommandTest, ToSetAWeightSaysOfWhatAndHowItEnds) {
  const auto said = [&](const Command& command) {
    return notes(script_.feed(event::OperatorCommand{command, "root"}));
  };
  EXPECT_THAT(said(command::Weight{scope::Node{}, 30}),
              ElementsAre(HasSubstr("gets the weight 30, by the operator")));
  EXPECT_THAT(said(command::Weight{scope::Node{}}),
              ElementsAre(HasSubstr("has its configured weight again, by the operator")));
  EXPECT_THAT(said(command::Weight{scope::Service{"web"}, 50}),
              ElementsAre(HasSubstr("service web gets the weight 50, by the operator")));
}

TEST(Probing, ConcernsTheNamedServiceOrAll) {
  Config config = two_services();
  config.services[1].enabled = true;
  for (const auto& [probe, probed] :
       {std::pair{command::Probe{scope::Service{"web"}}, std::vector<std::string>{"web"}},
        {command::Probe{scope::Service{"dns"}}, {"dns"}},
        {command::Probe{scope::Node{}}, {"dns", "web"}}}) {
    Script script(config);
    script.wait(100ms);
    for (const auto& [id, check] : script.state().checks) {
      script.feed(event::ProbeFinished{id, check.generation, {true, "status 200", 1ms}});
    }
    std::vector<std::string> started;
    for (const Action& action : script.feed(event::OperatorCommand{probe})) {
      if (const auto* start = std::get_if<action::StartProbe>(&action))
        started.push_back(start->check.service);
    }
    EXPECT_EQ(started, probed);
  }
}

Config damped(Duration half_life) {
  Config config = one_service();
  config.services[0].checks[0].interval = 1h;
  config.services[0].damping = Damping{half_life, 1500, 500, 10min};
  return config;
}

/// Up, and held down for its flaps.
Script held_down() {
  Script script(damped(1min));
  script.bring_up();
  for (const bool pass : {false, true, false, true}) script.probe_now(pass);
  EXPECT_TRUE(script.state().services.at("web").damping.held);
  return script;
}

TEST(Damping, IsThatOfTheNewestConfiguration) {
  Script script = held_down();
  script.apply(damped(3min));
  script.wait(5min);
  EXPECT_TRUE(script.state().services.at("web").damping.held) << "two half-lives are 6 minutes now";
  EXPECT_THAT(notes(script.wait(2min)),
              testing::Contains("service web is not held down any more: it was quiet"));
  EXPECT_FALSE(script.state().services.at("web").damping.held);
}

TEST(Damping, ThatIsTakenAwayHoldsNothingAnyMore) {
  Script script = held_down();
  Config config = damped(1min);
  config.services[0].damping.reset();
  script.apply(config);
  EXPECT_FALSE(script.state().services.at("web").damping.held);
  EXPECT_EQ(script.vip_state().desired.wanted, true) << "its last result was good";
  EXPECT_EQ(make_status(script.state(), script.now(), {}).services[0].damping, std::nullopt);
}

TEST(Damping, ThatHoldsAServiceTellsHowLongAndIsCleared) {
  Script script = held_down();
  const auto held = make_status(script.state(), script.now(), {}).services[0].damping;
  ASSERT_TRUE(held.has_value());
  EXPECT_TRUE(held->held);
  // From twice 1,000 to 500 are two half-lives, less the moments between.
  EXPECT_GT(held->hold_left, 110s);
  EXPECT_LE(held->hold_left, 120s);
  script.feed(event::OperatorCommand{command::ClearDamping{scope::Service{"web"}}});
  const auto cleared = make_status(script.state(), script.now(), {}).services[0].damping;
  EXPECT_FALSE(cleared->held);
  EXPECT_EQ(cleared->penalty, 0U);
}

TEST(Summary, CountsWhatIsAnnounced) {
  Script script(two_services());
  EXPECT_EQ(script.core().summary().announced, 0U);
  EXPECT_FALSE(script.core().summary().zebra_connected);
  script.bring_up();
  const Summary summary = script.core().summary();
  EXPECT_EQ(summary.vips, 3U);
  EXPECT_EQ(summary.announced, 1U);
  EXPECT_TRUE(summary.zebra_connected);
  EXPECT_FALSE(summary.reload_rejected);
}

}  // namespace
}  // namespace vipherd::core
