// The machine of one VTY socket, by scripts: an input, the effects it must have.
#include "frr/vty/machine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace vipherd::frr::vty {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Held = wire::vty::Holding::State;
using Lines = std::vector<std::string>;

constexpr const char* kMap = "VIPHERD-VTY-A56E823C46310842";  // tag 100, metric 0
constexpr const char* kBest =
    R"({"paths":[{"origin":"IGP","valid":true,"sourced":true,"bestpath":{"overall":true}}]})";

IpAddress ip(const char* text) { return *IpAddress::parse(text); }
const IpAddress kOne = ip("10.10.10.10");
const IpAddress kTwo = ip("10.10.10.11");
const IpAddress kSix = ip("2001:db8:10::10");

template <class Wanted>
std::vector<Wanted> all(const Effects& effects) {
  std::vector<Wanted> found;
  for (const Effect& effect : effects) {
    if (const auto* one = std::get_if<Wanted>(&effect)) found.push_back(*one);
  }
  return found;
}

/// What is sent; at most one batch.
Lines sent(const Effects& effects) {
  const auto sends = all<effect::Send>(effects);
  EXPECT_LE(sends.size(), 1u);
  return sends.empty() ? Lines{} : sends.front().commands;
}

struct Script {
  explicit Script(Instance instance) : state(std::move(instance), 1) {}

  Effects feed(const Input& input) {
    Effects effects = resume(state, input, desired);
    if (const Lines lines = sent(effects); !lines.empty()) batch = lines;
    return effects;
  }
  /// Answers the batch under way: `text` to its last command, and success.
  Effects answer(const std::string& text = "") {
    std::vector<Answer> answers(batch.size());
    answers.back().text = text;
    return feed(input::Answered{answers});
  }
  /// Refuses the command of the batch that has `part` in it.
  Effects refuse(const std::string& part, const std::string& why) {
    std::vector<Answer> answers(batch.size());
    bool found = false;
    for (std::size_t index = 0; index < batch.size(); ++index) {
      if (batch[index].find(part) == std::string::npos) continue;
      answers[index] = {13, why};
      found = true;
    }
    EXPECT_TRUE(found) << part;
    return feed(input::Answered{answers});
  }
  /// Answers the question for the running configuration.
  Effects read(const std::string& running) {
    EXPECT_THAT(batch, ElementsAre("show running-config"));
    return answer(running);
  }
  Effects open(const std::string& running) {
    feed(input::Start{});
    EXPECT_THAT(sent(feed(input::Opened{})),
                ElementsAre("enable", "show version", "show running-config"));
    std::vector<Answer> answers{{0, ""}, {0, "FRRouting 8.4.4 (lb1).\n"}, {0, running}};
    return feed(input::Answered{answers});
  }
  Effects want(const IpAddress& vip, std::optional<model::RouteAttributes> route) {
    desired.vips[vip] = std::move(route);
    return feed(input::Changed{{vip}});
  }

  State state;
  DesiredRoutes desired;
  Lines batch;
};

std::string bgp(const std::string& networks = "", const std::string& maps = "") {
  return "router bgp 65001\n address-family ipv4 unicast\n" + networks +
         " exit-address-family\nexit\n" + maps;
}

/// A route-map as bgpd shows it.
std::string map_named(const std::string& name, const std::string& lines) {
  return "route-map " + name + " permit 10\n" + lines + "exit\n!\n";
}
const std::string kPlain = " set metric 0\n set tag 100\n";
const std::string kPlainMap = map_named(kMap, kPlain);
std::string network(const char* vip) {
  return std::string("network ") + vip + "/32 route-map " + kMap;
}

TEST(VtyMachine, OpensReadsAndIsReady) {
  Script script(Daemon::bgpd);
  EXPECT_EQ(all<effect::Open>(script.feed(input::Start{})).size(), 1u);
  Script other(Daemon::bgpd);
  const auto effects = other.open(bgp());
  ASSERT_EQ(all<effect::Ready>(effects).size(), 1u);
  EXPECT_EQ(all<effect::Ready>(effects)[0].description, "bgpd of FRR 8.4.4");
  EXPECT_EQ(all<effect::Settled>(effects).size(), 1u);
  EXPECT_THAT(sent(effects), IsEmpty());
}

TEST(VtyMachine, WithoutRouterBgpTriesAgain) {
  Script script(Daemon::bgpd);
  const auto effects = script.open("frr version 8.4.4\n");
  ASSERT_EQ(all<effect::Down>(effects).size(), 1u);
  EXPECT_THAT(all<effect::Down>(effects)[0].reason, HasSubstr("no \"router bgp\""));
  EXPECT_FALSE(all<effect::Down>(effects)[0].was_ready);
  EXPECT_EQ(all<effect::Open>(script.feed(input::DeadlinePassed{})).size(), 1u);
}

TEST(VtyMachine, WritesTheRouteMapBeforeTheStatementsAndLooksAfterwards) {
  Script script(Daemon::bgpd);
  script.open(bgp());
  script.desired.vips[kSix] = model::RouteAttributes{};
  script.desired.vips[kOne] = model::RouteAttributes{};
  EXPECT_THAT(sent(script.feed(input::Changed{{kOne, kSix}})),
              ElementsAre("configure terminal", std::string("route-map ") + kMap + " permit 10",
                          "set metric 0", "set tag 100", "exit", "end"));
  script.answer();
  EXPECT_THAT(sent(script.read(bgp("", kPlainMap))),
              ElementsAre("configure terminal", "router bgp 65001", "address-family ipv4 unicast",
                          std::string("network 10.10.10.10/32 route-map ") + kMap,
                          "exit-address-family", "address-family ipv6 unicast",
                          std::string("network 2001:db8:10::10/128 route-map ") + kMap,
                          "exit-address-family", "end"));
  const auto settled = script.answer();
  EXPECT_EQ(all<effect::Settled>(settled).size(), 1u);
  ASSERT_EQ(all<effect::ArmDeadline>(settled).size(), 1u);
  EXPECT_EQ(all<effect::ArmDeadline>(settled)[0].after, kLook);
  EXPECT_THAT(sent(script.feed(input::DeadlinePassed{})),
              ElementsAre("show bgp ipv4 unicast 10.10.10.10/32 json",
                          "show bgp ipv6 unicast 2001:db8:10::10/128 json"));
  const auto found = all<effect::Found>(script.feed(input::Answered{{{0, kBest}, {1, "{\n}\n"}}}));
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].holding.state, Held::held);
  EXPECT_EQ(found[1].holding.state, Held::absent);
}

TEST(VtyMachine, WithdrawsAndRemovesTheRouteMapThatNothingUses) {
  Script script(Daemon::bgpd);
  const std::string network = std::string("network 10.10.10.10/32 route-map ") + kMap;
  script.open(bgp("  " + network + "\n", std::string("route-map ") + kMap + " permit 10\nexit\n"));
  EXPECT_THAT(sent(script.want(kOne, std::nullopt)),
              ElementsAre("configure terminal", "router bgp 65001", "address-family ipv4 unicast",
                          "no " + network, "exit-address-family", "end"));
  EXPECT_THAT(sent(script.answer()),
              ElementsAre("configure terminal", std::string("no route-map ") + kMap, "end"));
  EXPECT_EQ(all<effect::Settled>(script.answer()).size(), 1u);
  EXPECT_EQ(script.state.removed, 2u);
}

TEST(VtyMachine, LeavesWhatAnEarlierRunWroteUntilTheWishesAreComplete) {
  Script script(Daemon::bgpd);
  script.open(
      bgp("  " + network("10.10.10.10") + "\n  " + network("10.10.10.11") + "\n", kPlainMap));
  EXPECT_THAT(sent(script.want(kOne, model::RouteAttributes{})), IsEmpty()) << "adopted";
  script.desired.complete = true;
  EXPECT_THAT(sent(script.feed(input::ChangedAll{})),
              ElementsAre("configure terminal", "router bgp 65001", "address-family ipv4 unicast",
                          "no " + network("10.10.10.11"), "exit-address-family", "end"));
  EXPECT_THAT(sent(script.answer()), IsEmpty());  // its route-map is still in use
}

TEST(VtyMachine, SaysWhatWasRefusedAndTriesItAgainWhenAsked) {
  Script script(Daemon::bgpd);
  script.open(bgp());
  model::RouteAttributes route;
  route.announce.bandwidth = 99999;
  script.want(kOne, route);
  // The statement is not written with half a route-map, which goes.
  const std::string name = script.batch[1].substr(10, script.batch[1].find(" permit") - 10);
  script.refuse("bandwidth", "% Unknown command: set extcommunity\n");
  EXPECT_THAT(sent(script.read(bgp("", map_named(name, kPlain)))),
              ElementsAre("configure terminal", HasSubstr("no route-map VIPHERD-VTY-"), "end"));
  script.answer();
  EXPECT_THAT(sent(script.feed(input::DeadlinePassed{})), testing::SizeIs(1));
  const auto found = all<effect::Found>(script.answer("{}"));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].holding.state, Held::blocked);
  EXPECT_THAT(found[0].holding.detail,
              HasSubstr("bgpd refused \"set extcommunity bandwidth 99999\": Unknown command"));
  EXPECT_THAT(sent(script.feed(input::Inspect{kOne})),
              testing::Contains("set extcommunity bandwidth 99999"));
}

TEST(VtyMachine, ARefusedStatementConcernsItsVipAlone) {
  Script script(Daemon::bgpd);
  script.open(bgp());
  script.desired.vips[kOne] = script.desired.vips[kTwo] = model::RouteAttributes{};
  script.feed(input::Changed{{kOne, kTwo}});
  script.answer();
  script.read(bgp("", kPlainMap));
  script.refuse("10.10.10.10/32", "% no\n");
  script.feed(input::DeadlinePassed{});
  const auto found = all<effect::Found>(script.feed(input::Answered{{{0, "{}"}, {0, kBest}}}));
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].holding.state, Held::blocked);
  EXPECT_EQ(found[1].holding.state, Held::held);
}

TEST(VtyMachine, ADaemonThatLostItsInstanceIsReadAnew) {
  Script script(Daemon::bgpd);
  script.open(bgp());
  script.want(kOne, model::RouteAttributes{});
  script.answer();
  script.read(bgp("", kPlainMap));
  const auto effects = script.refuse("router bgp", "% BGP: No such AS\n");
  ASSERT_EQ(all<effect::Down>(effects).size(), 1u);
  EXPECT_TRUE(all<effect::Down>(effects)[0].was_ready);
  EXPECT_EQ(all<effect::Hangup>(effects).size(), 1u);
}

TEST(VtyMachine, ASilentDaemonIsGivenUpInEveryStep) {
  Script opening(Daemon::bgpd);
  opening.feed(input::Start{});
  opening.feed(input::Opened{});
  Script writing(Daemon::bgpd);
  writing.open(bgp());
  writing.want(kOne, model::RouteAttributes{});
  Script asking(Daemon::bgpd);
  asking.open(bgp());
  asking.feed(input::Inspect{kOne});
  for (Script* script : {&opening, &writing, &asking}) {
    const auto down = all<effect::Down>(script->feed(input::DeadlinePassed{}));
    ASSERT_EQ(down.size(), 1u);
    EXPECT_THAT(down[0].reason, HasSubstr("bgpd did not answer within 5s"));
    EXPECT_EQ(script->state.step, State::Step::waiting);
  }
}

TEST(VtyMachine, RetriesFasterAtFirstAndNeverSlowerThanASecond) {
  Script script(Daemon::bgpd);
  script.feed(input::Start{});
  std::vector<Duration> delays;
  for (int attempt = 0; attempt < 12; ++attempt) {
    const auto armed = all<effect::ArmDeadline>(script.feed(input::Failed{"no"}));
    ASSERT_EQ(armed.size(), 1u);
    delays.push_back(armed[0].after);
    script.feed(input::DeadlinePassed{});
  }
  EXPECT_LE(delays.front(), 2 * kFirstBackoff);
  EXPECT_GT(delays.back(), kLastBackoff / 2);
  EXPECT_LE(*std::ranges::max_element(delays), kLastBackoff);
}

TEST(VtyMachine, WritesAThousandInBatchesOfWhichEachWaitsForTheLast) {
  Script script(Daemon::bgpd);
  script.open(bgp());
  for (int number = 0; number < 1000; ++number) {
    script.desired.vips[ip(
        ("10.1." + std::to_string(number / 250) + "." + std::to_string(number % 250)).c_str())] =
        model::RouteAttributes{};
  }
  script.feed(input::ChangedAll{});
  script.answer();
  std::size_t networks = 0, batches = 0;
  for (auto lines = sent(script.read(bgp("", kPlainMap))); !lines.empty();
       lines = sent(script.answer())) {
    networks += static_cast<std::size_t>(std::ranges::count_if(
        lines, [](const std::string& line) { return line.starts_with("network "); }));
    ++batches;
  }
  EXPECT_EQ(networks, 1000u);
  EXPECT_EQ(batches, 8u);
}

// ------------------------------------------------------------ what others do to the daemon

/// One VIP is announced, and everything is as it should be.
void announce_one(Script& script) {
  script.open(bgp("  " + network("10.10.10.10") + "\n", kPlainMap));
  script.desired.complete = true;
  script.desired.vips[kOne] = model::RouteAttributes{};
  script.feed(input::ChangedAll{});
  script.feed(input::DeadlinePassed{});
  script.answer(kBest);
}

TEST(VtyMachine, AnAuditThatFindsEverythingAsItShouldBeWritesAndAsksNothing) {
  Script script(Daemon::bgpd);
  announce_one(script);
  script.feed(input::Audit{});
  const auto effects = script.read(bgp("  " + network("10.10.10.10") + "\n", kPlainMap));
  EXPECT_THAT(sent(effects), IsEmpty());
  EXPECT_EQ(all<effect::Disarm>(effects).size(), 1u);
}

TEST(VtyMachine, PutsBackTheRouteMapAndTheStatementThatSomebodyElseRemoved) {
  Script script(Daemon::bgpd);
  announce_one(script);
  script.feed(input::Audit{});
  EXPECT_THAT(sent(script.read(bgp())),
              ElementsAre("configure terminal", std::string("route-map ") + kMap + " permit 10",
                          "set metric 0", "set tag 100", "exit", "end"));
  script.answer();
  EXPECT_THAT(sent(script.read(bgp("", kPlainMap))), testing::Contains(network("10.10.10.10")));
  script.answer();
  EXPECT_THAT(sent(script.feed(input::DeadlinePassed{})),
              ElementsAre("show bgp ipv4 unicast 10.10.10.10/32 json"));
}

TEST(VtyMachine, OneAbsentVipIsReasonToCompareAll) {
  Script script(Daemon::bgpd);
  script.open(
      bgp("  " + network("10.10.10.10") + "\n  " + network("10.10.10.11") + "\n", kPlainMap));
  script.desired.vips[kOne] = script.desired.vips[kTwo] = model::RouteAttributes{};
  script.feed(input::ChangedAll{});
  script.feed(input::DeadlinePassed{});
  script.feed(input::Answered{{{0, kBest}, {0, kBest}}});
  script.feed(input::Inspect{kOne});
  script.answer("{}");
  const auto lines = sent(script.read(bgp("", kPlainMap)));
  EXPECT_THAT(lines, testing::Contains(network("10.10.10.10")));
  EXPECT_THAT(lines, testing::Contains(network("10.10.10.11")));
}

/// What bgpd says of a statement for which it believes that zebra has no route.
constexpr const char* kInvalid =
    R"({"paths":[{"origin":"IGP","sourced":true,"bestpath":{"overall":false}}]})";

TEST(VtyMachine, AStatementWithoutEffectIsTakenOutAndGivenAgain) {
  const std::string held = bgp("  " + network("10.10.10.10") + "\n", kPlainMap);
  for (const char* nothing : {"{}", kInvalid}) {
    Script script(Daemon::bgpd);
    announce_one(script);
    script.feed(input::Inspect{kOne});
    script.answer(nothing);
    EXPECT_THAT(sent(script.read(held)),
                ElementsAre("configure terminal", "router bgp 65001", "address-family ipv4 unicast",
                            "no " + network("10.10.10.10"), network("10.10.10.10"),
                            "exit-address-family", "end"));
    script.answer();
    EXPECT_EQ(script.state.bgp.networks.at(kOne), kMap);
    EXPECT_THAT(sent(script.feed(input::DeadlinePassed{})),
                ElementsAre("show bgp ipv4 unicast 10.10.10.10/32 json"));
    script.answer(kBest);
    script.feed(input::Audit{});
    EXPECT_THAT(sent(script.read(held)), IsEmpty()) << "once for each time it is asked about";
  }
}

TEST(VtyMachine, AStatementWithEffectThatIsNotSelectedIsLeftAlone) {
  Script script(Daemon::bgpd);
  announce_one(script);
  script.feed(input::Inspect{kOne});
  script.answer(R"({"paths":[{"origin":"IGP","valid":true,"sourced":true}]})");
  EXPECT_THAT(sent(script.read(bgp("  " + network("10.10.10.10") + "\n", kPlainMap))), IsEmpty());
}

TEST(VtyMachine, ARouteMapThatSomebodyElseChangedIsAsItWasAndItsStatementsAreGivenAgain) {
  Script script(Daemon::bgpd);
  announce_one(script);
  script.feed(input::Audit{});
  const std::string changed = " set metric 0\n set community no-export\n";
  const std::string more = std::string("route-map ") + kMap + " deny 5\nexit\n";
  EXPECT_THAT(
      sent(script.read(bgp("  " + network("10.10.10.10") + "\n", more + map_named(kMap, changed)))),
      ElementsAre("configure terminal", std::string("route-map ") + kMap + " permit 10",
                  "no set community no-export", "set metric 0", "set tag 100", "exit",
                  std::string("no route-map ") + kMap + " deny 5", "end"));
  script.answer();
  EXPECT_THAT(sent(script.read(bgp("  " + network("10.10.10.10") + "\n", kPlainMap))),
              testing::Contains(network("10.10.10.10")));
  script.answer();
  EXPECT_TRUE(script.state.rewritten.empty());
}

TEST(VtyMachine, AnotherSpellingOfARouteMapIsNoDifference) {
  Script script(Daemon::bgpd);
  script.open(bgp());
  script.desired.vips[kOne] = model::RouteAttributes{};
  script.feed(input::ChangedAll{});
  script.answer();
  const std::string spelled = map_named(kMap, " set metric +0\n set tag 100\n");
  script.read(bgp("", spelled));
  script.answer();
  script.feed(input::DeadlinePassed{});
  script.answer(kBest);
  script.feed(input::Audit{});
  EXPECT_THAT(sent(script.read(bgp("  " + network("10.10.10.10") + "\n", spelled))), IsEmpty());
}

TEST(VtyMachine, ARouteMapThatIsNotKeptIsSaidAndNotWrittenForEver) {
  Script script(Daemon::bgpd);
  script.open(bgp());
  script.want(kOne, model::RouteAttributes{});
  script.answer();
  EXPECT_THAT(sent(script.read(bgp())), IsEmpty());
  script.feed(input::DeadlinePassed{});
  const auto found = all<effect::Found>(script.answer("{}"));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0].holding.detail, HasSubstr("does not keep the route-map"));
  script.feed(input::Audit{});
  EXPECT_THAT(sent(script.read(bgp())), IsEmpty());
}

TEST(VtyMachine, WhatSomebodyElsePutBackOfAWithdrawnVipGoes) {
  Script script(Daemon::bgpd);
  script.open(bgp());
  script.desired.complete = true;
  script.desired.vips[kOne] = std::nullopt;
  script.feed(input::Audit{});
  EXPECT_THAT(sent(script.read(bgp("  " + network("10.10.10.10") + "\n", kPlainMap))),
              testing::Contains("no " + network("10.10.10.10")));
}

TEST(VtyMachine, AnAuditWaitsForWhatIsBeingWritten) {
  Script script(Daemon::bgpd);
  announce_one(script);
  EXPECT_THAT(sent(script.want(kTwo, model::RouteAttributes{})),
              testing::Contains(network("10.10.10.11")));
  EXPECT_THAT(sent(script.feed(input::Audit{})), IsEmpty());
  EXPECT_THAT(sent(script.answer()), ElementsAre("show running-config"));
}

TEST(VtyMachine, AnInstanceThatSomebodyElseRemovedIsSaid) {
  Script script(Daemon::bgpd);
  announce_one(script);
  script.feed(input::Audit{});
  const auto down = all<effect::Down>(script.read(kPlainMap));
  ASSERT_EQ(down.size(), 1u);
  EXPECT_THAT(down[0].reason, HasSubstr("no \"router bgp\""));
}

// ----------------------------------------------------------------------- ospfd and ospf6d

constexpr const char* kRedistribute = "redistribute connected metric 100 route-map MAP";

std::string ospf(const std::string& entries = "") {
  return std::string("router ospf\n ") + kRedistribute + "\nexit\n" + entries +
         "route-map MAP permit 10\n match ip address prefix-list VIPHERD-VTY-100\nexit\n";
}

TEST(VtyMachine, OspfdIsGivenAnEntryAndItsRedistributionAgain) {
  Script script(Daemon::ospfd);
  EXPECT_THAT(sent(script.open(ospf())), ElementsAre("show running-config"));
  EXPECT_THAT(sent(script.answer(ospf())), IsEmpty());
  EXPECT_THAT(sent(script.want(kSix, model::RouteAttributes{})), IsEmpty());
  EXPECT_THAT(sent(script.want(kOne, model::RouteAttributes{})),
              ElementsAre("show running-config"));
  EXPECT_THAT(sent(script.answer(ospf())),
              ElementsAre("configure terminal",
                          "ip prefix-list VIPHERD-VTY-100 seq 1 permit 10.10.10.10/32",
                          "router ospf", kRedistribute, "exit", "end"));
  EXPECT_THAT(sent(script.answer()), ElementsAre("show running-config"));
  const std::string held = ospf("ip prefix-list VIPHERD-VTY-100 seq 1 permit 10.10.10.10/32\n");
  EXPECT_EQ(all<effect::Settled>(script.answer(held)).size(), 1u);
  EXPECT_THAT(sent(script.feed(input::DeadlinePassed{})),
              ElementsAre("show ip ospf database external 10.10.10.10 self-originate json"));
  // In the list, but no LSA: no address.
  const auto found = all<effect::Found>(script.answer(R"({"asExternalLinkStates":[]})"));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0].holding.detail, HasSubstr("address on lo"));
}

TEST(VtyMachine, AnEntryIsSplitWithoutLosingWhatStays) {
  Script script(Daemon::ospfd);
  const std::string held =
      ospf("ip prefix-list VIPHERD-VTY-100 seq 1 permit 10.10.10.10/31 ge 32\n");
  script.open(held);
  script.desired.vips[kOne] = model::RouteAttributes{};
  script.desired.vips[kTwo] = std::nullopt;
  EXPECT_THAT(sent(script.answer(held)),
              ElementsAre("configure terminal",
                          "ip prefix-list VIPHERD-VTY-100 seq 2 permit 10.10.10.10/32",
                          "no ip prefix-list VIPHERD-VTY-100 seq 1 permit 10.10.10.10/31 ge 32",
                          "router ospf", kRedistribute, "exit", "end"));
}

TEST(VtyMachine, TheLineOfTheOperatorThatIsGoneIsNotPutBack) {
  Script script(Daemon::ospfd);
  script.open(ospf());
  script.answer(ospf());
  script.want(kOne, model::RouteAttributes{});
  const auto effects = script.answer("router ospf\nexit\n");
  EXPECT_THAT(sent(effects), IsEmpty());
  EXPECT_EQ(all<effect::Down>(effects).size(), 1u);
}

TEST(VtyMachine, ADaemonThatDoesNotKeepItsEntriesIsNotWrittenToForEver) {
  Script script(Daemon::ospfd);
  script.open(ospf());
  script.answer(ospf());
  script.want(kOne, model::RouteAttributes{});
  script.answer(ospf());
  script.answer();
  const auto effects = script.answer(ospf());
  EXPECT_THAT(sent(effects), IsEmpty());
  ASSERT_EQ(all<effect::Down>(effects).size(), 1u);
}

TEST(VtyMachine, AnEntryThatSomebodyElseRemovedIsPutBackAsOftenAsItIsRemoved) {
  Script script(Daemon::ospfd);
  const std::string held = ospf("ip prefix-list VIPHERD-VTY-100 seq 1 permit 10.10.10.10/32\n");
  script.open(held);
  script.answer(held);
  script.want(kOne, model::RouteAttributes{});
  script.answer(held);
  for (int time = 0; time < 3; ++time) {
    script.feed(input::Audit{});
    if (script.state.step != State::Step::reading) script.answer("{}");  // it was being looked at
    EXPECT_THAT(sent(script.read(ospf())),
                testing::Contains("ip prefix-list VIPHERD-VTY-100 seq 1 permit 10.10.10.10/32"));
    script.answer();
    script.read(held);
    EXPECT_EQ(script.state.unproven.count(kOne), 1u) << "looked at";
  }
}

TEST(VtyMachine, AnUnknownTagIsInNoListAndSaysSo) {
  Script script(Daemon::ospfd);
  script.open(ospf());
  script.answer(ospf());
  script.want(kOne, model::RouteAttributes{300, 0, {}});
  script.answer(ospf());
  script.feed(input::DeadlinePassed{});
  const auto found = all<effect::Found>(script.answer(R"({"asExternalLinkStates":[]})"));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].holding.state, Held::blocked);
  EXPECT_THAT(found[0].holding.detail, HasSubstr("no prefix-list for the tag 300"));
}

TEST(VtyMachine, Ospf6dIsAskedOnceForAllVips) {
  Script script(Daemon::ospf6d);
  const std::string running = "interface lo\n ipv6 ospf6 advertise prefix-list VIPHERD-VTY\nexit\n";
  script.open(running);
  script.answer(running);
  script.feed(input::Inspect{kSix});
  EXPECT_THAT(script.batch,
              ElementsAre("show ipv6 ospf6 database intra-prefix self-originated json"));
  EXPECT_THAT(script.feed(input::Inspect{kOne}), IsEmpty());
}

TEST(VtyMachine, Ospf6dIsNotGivenMoreThanItCanAdvertise) {
  Script script(Daemon::ospf6d);
  const std::string running = "interface lo\n ipv6 ospf6 advertise prefix-list VIPHERD-VTY\nexit\n";
  for (int number = 0; number < 256; ++number) {
    script.desired.vips[ip(("2001:db8::1:" + std::to_string(1000 + number)).c_str())] =
        model::RouteAttributes{};
  }
  script.open(running);
  std::set<IpAddress> listed;
  std::string held = running;
  for (auto lines = sent(script.answer(held)); !lines.empty(); lines = sent(script.answer(held))) {
    for (const std::string& line : lines) {
      if (line.starts_with("ipv6 prefix-list ")) held += line + "\n";
      const std::size_t entry = line.find("permit ");
      if (entry != std::string::npos) listed.merge(wire::vty::permitted(line.substr(entry)));
    }
  }
  EXPECT_EQ(listed.size(), kMostAdvertised);
}

TEST(VtyMachine, NothingFollowsAfterTheEnd) {
  Script script(Daemon::bgpd);
  script.open(bgp());
  EXPECT_EQ(all<effect::Hangup>(script.feed(input::Close{})).size(), 1u);
  for (const Input& input : std::vector<Input>{input::Start{}, input::Opened{}, input::Failed{"x"},
                                               input::Answered{{{0, ""}}}, input::DeadlinePassed{},
                                               input::Changed{{kOne}}, input::ChangedAll{},
                                               input::Inspect{kOne}, input::Close{}}) {
    EXPECT_THAT(script.feed(input), IsEmpty());
  }
}

// ------------------------------------------------------------------------------- VRFs

TEST(VtyMachine, WritesIntoTheInstanceOfItsVrfOnlyWhatLivesThere) {
  const std::string map = std::string(kMap) + "@blue";
  const std::string running =
      bgp("  network 10.10.10.11/32 route-map " + std::string(kMap) + "\n") +
      "router bgp 65009 vrf blue\nexit\n";
  Script script({Daemon::bgpd, "blue"});
  script.desired.vrfs = {{kOne, "blue"}};
  const auto ready = all<effect::Ready>(script.open(running));
  ASSERT_EQ(ready.size(), 1u);
  EXPECT_EQ(ready[0].description, "bgpd in VRF blue of FRR 8.4.4");
  EXPECT_THAT(sent(script.want(kTwo, model::RouteAttributes{})), IsEmpty());
  EXPECT_THAT(sent(script.want(kOne, model::RouteAttributes{})),
              ElementsAre("configure terminal", "route-map " + map + " permit 10", "set metric 0",
                          "set tag 100", "exit", "end"));
  script.answer();
  EXPECT_THAT(
      sent(script.read(running + map_named(map, kPlain))),
      ElementsAre("configure terminal", "router bgp 65009 vrf blue", "address-family ipv4 unicast",
                  "network 10.10.10.10/32 route-map " + map, "exit-address-family", "end"));
  script.answer();
  EXPECT_THAT(sent(script.feed(input::DeadlinePassed{})),
              ElementsAre("show bgp vrf blue ipv4 unicast 10.10.10.10/32 json"));
  script.answer(kBest);
  script.desired.complete = true;
  EXPECT_THAT(sent(script.feed(input::ChangedAll{})), IsEmpty()) << "the rest is another VRF's";
}

TEST(VtyMachine, WhatLivesElsewhereNowGoesWhenTheWishesAreComplete) {
  const std::string network = std::string("network 10.10.10.10/32 route-map ") + kMap;
  Script script(Daemon::bgpd);
  script.desired.vrfs = {{kOne, "blue"}};
  script.open(bgp("  " + network + "\n"));
  EXPECT_THAT(sent(script.want(kOne, model::RouteAttributes{})), IsEmpty());
  script.desired.complete = true;
  EXPECT_THAT(sent(script.feed(input::ChangedAll{})), testing::Contains("no " + network));
}

TEST(VtyMachine, SeesTheVrfsForWhichSomethingOfOursIsThere) {
  Script script(Daemon::bgpd);
  const auto ready =
      all<effect::Ready>(script.open(bgp() +
                                     "router bgp 65009 vrf blue\n address-family ipv4 unicast\n"
                                     "  network 10.10.10.10/32 route-map " +
                                     kMap + "@blue\n"));
  ASSERT_EQ(ready.size(), 1u);
  EXPECT_TRUE(ready[0].holds_lines);
  EXPECT_THAT(script.state.vrfs_seen, ElementsAre("blue"));
}

TEST(VtyMachine, OspfdIsGivenTheListsOfItsVrf) {
  const std::string running =
      std::string("router ospf vrf blue\n ") + kRedistribute +
      "\nexit\nroute-map MAP permit 10\n match ip address prefix-list VIPHERD-VTY-100@blue\nexit\n";
  Script script({Daemon::ospfd, "blue"});
  script.desired.vrfs = {{kOne, "blue"}};
  script.open(running);
  script.answer(running);
  script.want(kOne, model::RouteAttributes{});
  EXPECT_THAT(sent(script.answer(running)),
              ElementsAre("configure terminal",
                          "ip prefix-list VIPHERD-VTY-100@blue seq 1 permit 10.10.10.10/32",
                          "router ospf vrf blue", kRedistribute, "exit", "end"));
}

}  // namespace
}  // namespace vipherd::frr::vty
