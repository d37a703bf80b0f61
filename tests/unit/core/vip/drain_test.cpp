// Drain, weight and what operators' words leave behind.
#include <gmock/gmock.h>

#include "core/status_view.hpp"
#include "unit/core/script.hpp"

namespace vipherd::core {
namespace {

using namespace model;
using testing::HasSubstr;

const Drain kDrain{.hold = 5s, .timeout = 60s};

template <class A>
const A& only(const Actions& actions) {
  const A* found = nullptr;
  for (const Action& action : actions) {
    if (const A* one = std::get_if<A>(&action)) {
      EXPECT_EQ(found, nullptr) << "more than one";
      found = one;
    }
  }
  if (found == nullptr) throw std::runtime_error("no such action");
  return *found;
}

class DrainTest : public testing::Test {
 protected:
  DrainTest() : script_(config()) { script_.bring_up(); }
  static Config config() {
    Config config = one_service();
    config.services[0].drain = kDrain;
    // The probes of the way are not what these tests are about.
    config.services[0].checks[0].interval = 1h;
    return config;
  }
  Actions say(Command command) { return script_.feed(event::OperatorCommand{std::move(command)}); }
  /// Announced as least preferred, and held until the time is over.
  void hold() {
    say(command::Drain{scope::Node{}});
    script_.route_note(RouteOutcome::installed);
    script_.wait(5s);
  }
  Actions count(std::optional<std::uint64_t> connections) {
    return script_.feed(event::ConnectionsCounted{vip(), connections});
  }
  Script script_;
};

TEST_F(DrainTest, AnnouncesAsLeastPreferredFirst) {
  const Actions actions = say(command::Drain{scope::Node{}});
  EXPECT_EQ(only<action::Announce>(actions).route, kDrain.route);
  EXPECT_EQ(core::count<action::Withdraw>(actions), 0u);
  script_.route_note(RouteOutcome::installed);
  EXPECT_EQ(core::count<action::Withdraw>(script_.wait(4'900ms)), 0u);
  EXPECT_EQ(core::count<action::Withdraw>(script_.wait(100ms)), 1u);
}

TEST_F(DrainTest, HoldsFromTheMomentItIsLeastPreferred) {
  say(command::Drain{scope::Node{}});
  EXPECT_EQ(core::count<action::Withdraw>(script_.wait(4s)), 0u);
  script_.route_note(RouteOutcome::installed);
  EXPECT_EQ(core::count<action::Withdraw>(script_.wait(4'900ms)), 0u);
  EXPECT_EQ(core::count<action::Withdraw>(script_.wait(200ms)), 1u);
}

TEST_F(DrainTest, IsNotHeldUpByAZebraThatSaysNothing) {
  say(command::Drain{scope::Node{}});
  EXPECT_EQ(core::count<action::Withdraw>(script_.wait(16s)), 1u);
}

TEST_F(DrainTest, KeepsTheVipUntilItsConnectionsHaveEnded) {
  hold();
  EXPECT_EQ(core::count<action::CountConnections>(script_.route_note(RouteOutcome::removed)), 1u);
  count(2);
  EXPECT_EQ(make_status(script_.state(), script_.now(), {}).vips[0].drain->connections, 2u);
  EXPECT_EQ(core::count<action::Detach>(script_.wait(30s)), 0u);
  const Actions done = count(0);
  EXPECT_THAT(notes(done),
              testing::ElementsAre("VIP 10.10.10.10 drained: the operator drains this node"));
  EXPECT_EQ(script_.vip_state().drain.step, DrainStep::drained);
  EXPECT_EQ(core::count<action::Detach>(done), 1u);
}

TEST_F(DrainTest, DoesNotWaitForConnectionsForEver) {
  hold();
  script_.route_note(RouteOutcome::removed);
  count(2);
  script_.wait(59s);
  EXPECT_EQ(script_.vip_state().drain.step, DrainStep::leaving);
  EXPECT_THAT(notes(script_.wait(2s)),
              testing::Contains(HasSubstr("2 connections were still open after 1m")));
  EXPECT_EQ(script_.vip_state().attachment.seen, KernelRoute::ours);
}

TEST_F(DrainTest, AsksAgainIfTheKernelCannotCount) {
  hold();
  script_.route_note(RouteOutcome::removed);
  count(std::nullopt);
  EXPECT_EQ(core::count<action::CountConnections>(script_.wait(1s)), 4u);
  EXPECT_EQ(script_.vip_state().drain.step, DrainStep::leaving);
}

TEST_F(DrainTest, IsTakenBackAtEveryStep) {
  say(command::Drain{scope::Node{}});
  script_.route_note(RouteOutcome::installed);
  script_.wait(2s);
  EXPECT_EQ(only<action::Announce>(say(command::Resume{scope::Node{}})).route, RouteAttributes{});
  script_.route_note(RouteOutcome::installed);
  script_.wait(2s);
  hold();
  script_.route_note(RouteOutcome::removed);
  script_.wait(1s);
  EXPECT_EQ(only<action::Announce>(say(command::Resume{scope::Node{}})).route, RouteAttributes{});
  EXPECT_EQ(script_.vip_state().drain.step, DrainStep::none);
}

TEST_F(DrainTest, OfAServiceThatIsDownIsDoneAtOnce) {
  script_.probe_now(false);
  script_.route_note(RouteOutcome::removed);
  script_.wait(2s);
  script_.kernel(KernelRoute::absent);
  say(command::Drain{scope::Service{"web"}});
  script_.wait(100ms);
  EXPECT_EQ(script_.vip_state().drain.step, DrainStep::drained);
  EXPECT_EQ(core::count<action::Attach>(script_.probe_now(true)), 0u);
}

TEST_F(DrainTest, OfAServiceThatFailsMeanwhileIsWithdrawnAtOnce) {
  say(command::Drain{scope::Node{}});
  script_.route_note(RouteOutcome::installed);
  script_.wait(1s);
  EXPECT_EQ(core::count<action::Withdraw>(script_.probe_now(false)), 1u);
}

TEST_F(DrainTest, OutlivesTheAgent) {
  const auto remembered = only<action::Remember>(say(command::Drain{scope::Service{"web"}})).state;
  EXPECT_TRUE(remembered->drained_services.contains("web"));
  Core next;
  next.apply(event::OperatorStateRead{remembered}, script_.now());
  next.apply(event::ConfigApplied{std::make_shared<const Config>(config())}, script_.now());
  next.apply(event::KernelSnapshot{{{vip(), KernelRoute::ours}}}, script_.now());
  next.apply(event::SpeakerUp{1, "FRR"}, script_.now());
  const std::uint64_t generation = next.state().checks.begin()->second.generation;
  const Actions actions = next.apply(
      event::ProbeFinished{{"web", "http"}, generation, {true, "status 200", 1ms}}, script_.now());
  EXPECT_EQ(core::count<action::Announce>(actions), 0u);
  EXPECT_EQ(next.state().vips.at(vip()).drain.step, DrainStep::leaving)
      << "connections of before are waited for";
}

TEST_F(DrainTest, DisablingOutlivesTheAgentToo) {
  EXPECT_TRUE(only<action::Remember>(say(command::Disable{scope::Service{"web"}}))
                  .state->disabled.contains("web"));
  EXPECT_TRUE(
      only<action::Remember>(say(command::Enable{scope::Service{"web"}})).state->disabled.empty());
}

TEST_F(DrainTest, OfTheNodeIsAWordOfItsOwn) {
  say(command::Drain{scope::Service{"web"}});
  say(command::Drain{scope::Node{}});
  const OperatorState after = *only<action::Remember>(say(command::Resume{scope::Node{}})).state;
  EXPECT_EQ(after, OperatorState{}) << "resuming the node resumes everything";
}

TEST(Weight, IsToldByTheTag) {
  Config config = one_service();
  config.services[0].weighting = Weighting::bandwidth;
  config.services[0].weight = 50;
  config.node.weight = 60;
  Script script(config);
  script.snapshot();
  script.connect();
  script.probe(true);
  const Actions actions = script.kernel(KernelRoute::ours);
  EXPECT_EQ(only<action::Announce>(actions).route.tag, 103u);
  EXPECT_EQ(only<action::Announce>(actions).route.announce.bandwidth, 30u);
  script.route_note(RouteOutcome::installed);
  script.wait(2s);
  // The operator's word takes the place of the service's weight.
  const event::OperatorCommand word{command::Weight{scope::Service{"web"}, 100}};
  EXPECT_EQ(only<action::Announce>(script.feed(word)).route.tag, 106u);
}

TEST(OwnRoute, IsAnnouncedForItsVipAloneAndWeighedLikeTheOthers) {
  Config config = one_service();
  config.services[0].vips.push_back(vip("10.10.10.11"));
  config.services[0].weighting = Weighting::bandwidth;
  config.services[0].weight = 50;
  config.services[0].own_routes[vip("10.10.10.11")] = {.tag = 300, .metric = 20};
  Script script(config);
  script.snapshot();
  script.connect();
  script.probe(true);
  const auto first = only<action::Announce>(script.kernel(KernelRoute::ours)).route;
  EXPECT_EQ(first.tag, 105u);
  EXPECT_EQ(first.metric, 0u);
  const auto second =
      only<action::Announce>(script.kernel(KernelRoute::ours, vip("10.10.10.11"))).route;
  EXPECT_EQ(second.tag, 305u);
  EXPECT_EQ(second.metric, 20u);
}

TEST(Weight, IsToldByThePolicyAloneWhereTagsNameLists) {
  Config config = one_service();
  config.frr.announcer = Announcer::vty;
  config.services[0].weighting = Weighting::bandwidth;
  config.services[0].weight = 30;
  Script script(config);
  script.snapshot();
  script.connect();
  script.probe(true);
  const Actions actions = script.kernel(KernelRoute::ours);
  EXPECT_EQ(only<action::Announce>(actions).route.tag, 100u);
  EXPECT_EQ(only<action::Announce>(actions).route.announce.bandwidth, 30u);
}

TEST(Weight, FollowsTheHealthIfAskedTo) {
  Config config = one_service();
  config.services[0].weighting = Weighting::metric;
  config.services[0].weigh_health = true;
  CheckConfig second = config.services[0].checks[0];
  second.name = "second";
  second.weight = 3;
  config.services[0].checks.push_back(second);
  config.services[0].needs = {Needs::Mode::any, 0};
  Script script(config);
  script.snapshot();
  script.connect();
  script.probe(true);
  script.probe(true, "second");
  EXPECT_EQ(only<action::Announce>(script.kernel(KernelRoute::ours)).route.metric, 0u);
  script.route_note(RouteOutcome::installed);
  script.wait(1500ms);
  EXPECT_EQ(only<action::Announce>(script.probe(false)).route.metric, 20u)
      << "75 % is 80 in tenths";
}

}  // namespace
}  // namespace vipherd::core
