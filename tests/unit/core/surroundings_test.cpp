// VIPs that are taken already where the node stands.
#include "core/surroundings.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/status_view.hpp"
#include "unit/core/script.hpp"

namespace vipherd::core {
namespace {

using namespace model;
using Kind = Neighbourhood::Kind;

Neighbourhood taken(Kind kind, const char* address, std::uint8_t length, const char* vrf = "") {
  return {kind, {vip(address), length}, "eth0", vrf};
}

std::vector<Problem> problems_of(Script& script) {
  return make_status(script.state(), script.now(), WallTime(1h)).problems;
}

TEST(Surroundings, ATakenAddressIsNeitherAttachedNorAnnounced) {
  for (const Kind kind : {Kind::own, Kind::gateway}) {
    Script script(one_service());
    script.feed(event::SurroundingsRead{{taken(kind, "10.10.10.10", 24)}});
    script.snapshot();
    script.connect();
    EXPECT_EQ(count<action::Attach>(script.probe(true)), 0U);
    const auto problems = problems_of(script);
    ASSERT_EQ(problems.size(), 1U);
    EXPECT_EQ(problems[0].severity, Severity::problem);
    EXPECT_EQ(problems[0].text,
              kind == Kind::own ? "VIP 10.10.10.10 is this node's own address on eth0: it is "
                                  "neither attached nor announced"
                                : "VIP 10.10.10.10 is the address of this node's gateway: it is "
                                  "neither attached nor announced");
    // It is given up, and the VIP is one like any other.
    EXPECT_EQ(count<action::Attach>(script.feed(event::SurroundingsRead{{}})), 1U);
    EXPECT_TRUE(problems_of(script).empty());
  }
}

TEST(Surroundings, AnAddressThatIsTakenLaterIsLeft) {
  Script script(one_service());
  script.bring_up();
  const Actions actions =
      script.feed(event::SurroundingsRead{{taken(Kind::own, "10.10.10.10", 24)}});
  EXPECT_EQ(count<action::Withdraw>(actions), 1U);
  script.route_note(RouteOutcome::removed);
  EXPECT_EQ(count<action::Detach>(script.wait(1s)), 1U);
}

TEST(Surroundings, AnAddressOfAnotherVrfIsAnotherAddress) {
  Script script(one_service());
  script.feed(event::SurroundingsRead{
      {taken(Kind::own, "10.10.10.10", 24, "blue"), taken(Kind::gateway, "10.10.10.11", 32)}});
  script.bring_up();
  EXPECT_EQ(script.vip_state().route.step, RouteStep::announced);
  EXPECT_TRUE(problems_of(script).empty());
}

TEST(Surroundings, AVipInASubnetOfTheNodeIsAnnouncedAndTold) {
  Script script(one_service());
  script.feed(event::SurroundingsRead{{taken(Kind::own, "10.10.10.1", 24)}});
  script.bring_up();
  EXPECT_EQ(script.vip_state().route.step, RouteStep::announced);
  const auto problems = problems_of(script);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].severity, Severity::notice);
  EXPECT_EQ(problems[0].text,
            "VIP 10.10.10.10 lies in 10.10.10.0/24, the subnet of eth0: hosts there look for it "
            "among themselves instead of following the routes to it");
}

TEST(Surroundings, TheAddressOfABgpPeerIsLeftAndNotTakenAgain) {
  Script script(one_service());
  script.bring_up();
  Reach reach{.originated = true};
  reach.peers = {vip("192.168.100.1"), vip("10.10.10.10")};
  EXPECT_EQ(count<action::Withdraw>(
                script.feed(event::Observed{vip(), {SeenReach("bgpd", script.now(), reach)}})),
            1U);
  script.route_note(RouteOutcome::removed);
  EXPECT_EQ(count<action::Detach>(script.wait(1s)), 1U);
  script.kernel(KernelRoute::absent);
  // A daemon that names no peer has not lost its peers.
  EXPECT_EQ(count<action::Attach>(script.feed(event::Observed{vip(), {}})), 0U);
  const auto problems = problems_of(script);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].text,
            "VIP 10.10.10.10 is the address of a BGP peer of this node: it is neither attached nor "
            "announced");
}

TEST(Surroundings, WhatAForeignHandPutThereIsNotRemoved) {
  Script script(one_service());
  script.feed(event::SurroundingsRead{{taken(Kind::own, "10.10.10.10", 24)}});
  script.snapshot({{vip(), KernelRoute::foreign}});
  script.connect();
  Actions all = script.probe(true);
  for (const Action& action : script.wait(5s)) all.push_back(action);
  EXPECT_EQ(count<action::Detach>(all), 0U);
  EXPECT_EQ(count<action::Announce>(all), 0U);
}

}  // namespace
}  // namespace vipherd::core
