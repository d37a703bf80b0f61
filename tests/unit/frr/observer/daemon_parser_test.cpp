// What an operator is told, from what real daemons answered.
#include "frr/observer/daemon_parser.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "frr/observer/ospf_reach.hpp"
#include "unit/wire/vty/recorded.hpp"

namespace vipherd::frr {
namespace {

using model::Reach;
using test::recorded_answer;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

const IpAddress kVip4 = *IpAddress::parse("10.10.10.10");
const IpAddress kVip6 = *IpAddress::parse("2001:db8:10::10");

model::FrrConfig configured(model::Announcer announcer) {
  model::FrrConfig config;
  config.announcer = announcer;
  return config;
}

/// What a daemon answers when it is asked for a cause: question -> answer.
using Answers = std::map<std::string, std::string>;

/// Answers all that the view asks before it tells of the VIP.
Reach answered(DaemonParser& view, const IpAddress& vip, const std::string& own,
               const Answers& causes = {}) {
  for (std::string question; !(question = view.follow_up(vip, own)).empty();) {
    const auto answer = causes.find(question);
    view.read_follow_up(vip, question, answer == causes.end() ? "" : answer->second);
  }
  Reach reach = view.read(vip, own).value();
  reach.router_id.reset();  // has tests of its own
  return reach;
}

/// All questions about the VIPs were answered; those about the router id are not.
void skip_links(DaemonParser& view, std::size_t answered) {
  for (std::size_t i = answered; i < view.common_questions().size(); ++i) {
    EXPECT_THAT(view.common_questions()[i], HasSubstr(" database "));
    EXPECT_TRUE(view.read_common(i, "% Unknown\n"));
  }
}

/// Reads the common answers of these names, and then the one about the VIP.
Reach reach(DaemonParser& view, const std::vector<std::string>& common, const IpAddress& vip,
            const std::string& own, const Answers& causes = {}) {
  for (std::size_t i = 0; i < common.size(); ++i) {
    const auto read = view.read_common(i, recorded_answer(common[i]));
    EXPECT_TRUE(read) << (read ? "" : read.error().what);
  }
  skip_links(view, common.size());
  EXPECT_EQ(view.question(vip).empty(), own.empty());
  return answered(view, vip, own.empty() ? own : recorded_answer(own), causes);
}
Reach bgp(const std::string& summary, const std::string& route, const IpAddress& vip = kVip4,
          model::Announcer announcer = model::Announcer::zapi, const Answers& causes = {}) {
  return reach(*make_bgpd_parser(configured(announcer)), {summary}, vip, route, causes);
}
Reach ospf(const std::string& neighbours, const std::string& border, const std::string& lsas) {
  return reach(*make_ospfd_parser(configured(model::Announcer::zapi)), {neighbours, border}, kVip4,
               lsas);
}
Reach ospf6(const std::string& process, const std::string& neighbours, const std::string& border,
            const std::string& lsas) {
  return reach(*make_ospf6d_parser(configured(model::Announcer::zapi)),
               {process, neighbours, border, lsas}, kVip6, "");
}

TEST(DaemonParser, IsOfTheDaemonThatCarriesTheFamily) {
  const model::FrrConfig config;
  using model::Protocol;
  EXPECT_EQ(make_daemon_parser(Protocol::bgp, Family::ipv4, config)->daemon(), "bgpd");
  EXPECT_EQ(make_daemon_parser(Protocol::bgp, Family::ipv6, config)->daemon(), "bgpd");
  EXPECT_EQ(make_daemon_parser(Protocol::ospf, Family::ipv4, config)->daemon(), "ospfd");
  EXPECT_EQ(make_daemon_parser(Protocol::ospf, Family::ipv6, config)->daemon(), "ospf6d");
}

// ---- bgpd

TEST(BgpdView, TellsWhomTheRouteIsAdvertisedTo) {
  const std::vector peers{*IpAddress::parse("192.168.100.1"), *IpAddress::parse("fd00:192::1")};
  EXPECT_EQ(bgp("8.4.4-bgp-summary", "8.4.4-bgp-route4"),
            (Reach{.originated = true, .neighbours = {"192.168.100.1"}, .peers = peers}));
  EXPECT_EQ(bgp("8.4.4-bgp-summary", "8.4.4-bgp-route6", kVip6),
            (Reach{.originated = true, .neighbours = {"fd00:192::1"}, .peers = peers}));
}

TEST(BgpdView, TellsOfOthersOnlyWhereItSeesThem) {
  EXPECT_EQ(bgp("8.4.4-bgp-summary", "8.4.4-bgp-route4").others, std::nullopt);
  EXPECT_EQ(bgp("8.4.4-bgp-summary-ibgp", "8.4.4-bgp-route4-sibling").others, 1u);
}

TEST(BgpdView, ARouteThatIsMissingIsTheRedistributionsError) {
  const Reach missing = bgp("8.4.4-bgp-summary-ibgp", "8.4.4-bgp-route4-only-sibling");
  EXPECT_FALSE(missing.originated);
  EXPECT_THAT(missing.neighbours, ElementsAre());
  EXPECT_EQ(missing.others, 1u);
  EXPECT_EQ(missing.problem,
            "bgpd has no route for it: no cause is known (its running configuration was not read)");
}

/// What is told of a route that bgpd has not got, with this running configuration.
std::string missing_with(const std::string& running,
                         model::Announcer announcer = model::Announcer::zapi) {
  return bgp("8.4.4-bgp-summary-ibgp", "8.4.4-bgp-route4-only-sibling", kVip4, announcer,
             {{"show running-config", running}})
      .problem;
}

TEST(BgpdView, WhyARouteIsMissingIsLookedUp) {
  const std::string head = "bgpd has no route for it: ";
  const std::string block = "router bgp 65001\n address-family ipv4 unicast\n";
  EXPECT_EQ(missing_with("hostname lb1\n"), head + "it has no `router bgp`");
  EXPECT_EQ(missing_with("router bgp 65001 vrf blue\nexit\n"), head + "it has no `router bgp`");
  EXPECT_EQ(
      missing_with(block + "  redistribute kernel\n exit-address-family\nexit\n"),
      head + "its `address-family ipv4 unicast` has no `redistribute openfabric route-map …`");
  EXPECT_EQ(missing_with(block + "  redistribute openfabric route-map M\n exit-address-family\n"),
            head +
                "the route-map M of its `redistribute openfabric` does not exist, which denies "
                "everything");
  EXPECT_EQ(missing_with(block + "  redistribute openfabric route-map M\nexit\n"
                                 "route-map M permit 10\n match tag 100\nexit\n"),
            head +
                "the route-map M of its `redistribute openfabric` is all that is left to deny it "
                "(it has to match the route's tag, and a prefix-list that contains the VIP)");
  EXPECT_THAT(missing_with(block + "  redistribute openfabric\n"),
              HasSubstr("no cause was found (checked: zebra has the route, "));
  EXPECT_THAT(missing_with(block, model::Announcer::connected),
              HasSubstr("has no `redistribute connected route-map …`"));
  EXPECT_THAT(missing_with(block, model::Announcer::vty),
              HasSubstr("vipherd's `network` line for it is not there"));
}

/// Of a route that is best and sent to no peer: what the daemon says of it and of its peers.
std::string untold_with(const std::string& note, const std::string& peers,
                        const std::string& word = "OK", const std::string& community = "") {
  const auto view = make_bgpd_parser({});
  EXPECT_TRUE(view->read_common(
      0, R"({"ipv4Unicast":{"peers":{"10.0.0.1":{"state":"Established","peerState":")" + word +
             R"("}}}})"));
  return answered(
             *view, kVip4,
             R"({"paths":[{"sourced":true,"valid":true,"bestpath":{"overall":true}, )"
             R"("community":{"string":")" +
                 community + R"("}}]})",
             {{"show bgp ipv4 unicast 10.10.10.10/32",
               "BGP routing table entry for 10.10.10.10/32\nPaths: (1 available, best #1, table "
               "default" +
                   note + ")\n"},
              {"show bgp neighbors json", peers}})
      .problem;
}
std::string peer_with(const std::string& filters) {
  return R"({"10.0.0.1":{"addressFamilyInfo":{"ipv4Unicast":{)" + filters + "}}}}";
}

TEST(BgpdView, WhyARouteIsSentToNobodyIsLookedUp) {
  const std::string head = "advertised to no peer although sessions are established (10.0.0.1): ";
  EXPECT_EQ(
      untold_with(", Advertisements suppressed by an aggregate.", "{}"),
      "advertised to no peer: Advertisements suppressed by an aggregate (`aggregate-address … "
      "summary-only`)");
  EXPECT_EQ(untold_with("", "{}", "OK", "no-advertise"),
            "advertised to no peer: its communities (no-advertise) forbid it");
  EXPECT_EQ(untold_with("", peer_with(""), "Policy"),
            head +
                "eBGP to 10.0.0.1 has no outbound policy, so nothing is sent (RFC 8212: give it "
                "a `route-map … out`, or `no bgp ebgp-requires-policy`)");
  // The policy that is missing is the inbound one.
  EXPECT_EQ(untold_with("", peer_with(R"("outgoingUpdatePrefixFilterList":"P")"), "Policy"),
            head + "all that is left to deny it towards 10.0.0.1 is prefix-list P");
  EXPECT_EQ(untold_with("", peer_with(R"("advertiseMap":{"advertiseStatus":"Withdraw"})")),
            head + "an advertise-map withholds routes from 10.0.0.1");
  EXPECT_EQ(untold_with("", peer_with("")),
            head +
                "no cause was found (checked: best path, activation, aggregates, communities, "
                "outbound policies and filters)");
}

TEST(BgpdView, AFilterIsNamedWhereSessionsAreUp) {
  EXPECT_THAT(
      bgp("8.4.4-bgp-summary", "8.4.4-bgp-route4-filtered").problem,
      StartsWith("advertised to no peer although sessions are established (192.168.100.1): "));
}

TEST(BgpdView, SessionsAreNamedWhereNoneIsUp) {
  const Reach alone = bgp("8.4.4-bgp-summary-alone", "8.4.4-bgp-route4-alone");
  EXPECT_TRUE(alone.originated);
  EXPECT_EQ(alone.problem, "no BGP session is established (192.168.100.1 Connect)");
}

Reach bgp_of(std::string_view summary, std::string_view route) {
  const auto view = make_bgpd_parser({});
  EXPECT_TRUE(view->read_common(0, summary));
  return view->read(kVip4, route).value();
}

TEST(BgpdView, ASessionRefusedForTheRouterIdSaysSo) {
  const auto view = make_bgpd_parser({});
  ASSERT_TRUE(view->read_common(
      0, R"({"ipv4Unicast":{"routerId":"10.0.0.1","peers":{"10.0.0.1":{"state":"Idle"}}}})"));
  const std::string route =
      R"({"paths":[{"sourced":true,"valid":true,"bestpath":{"overall":true}}]})";
  const auto problem = [&](const std::string& reason) {
    return answered(*view, kVip4, route,
                    {{"show bgp neighbors json",
                      R"({"10.0.0.1":{"lastResetDueTo":"BGP Notification send",)"
                      R"("lastNotificationReason":")" +
                          reason + "\"}}"}})
        .problem;
  };
  // As FRR 8.4.4 says it to an internal peer.
  EXPECT_EQ(problem(R"(OPEN Message Error\/Bad BGP Identifier)"),
            "no BGP session is established (10.0.0.1 Idle, refused for its BGP identifier: two "
            "routers of this AS have the same (here it is 10.0.0.1, `bgp router-id`), or one has "
            "none)");
  ASSERT_TRUE(view->read_common(
      0, R"({"ipv4Unicast":{"routerId":"10.0.0.1","peers":{"10.0.0.1":{"state":"Idle"}}}})"));
  EXPECT_EQ(problem("Hold Timer Expired"),
            "no BGP session is established (10.0.0.1 Idle, last reset: BGP Notification send)");
}

TEST(BgpdView, AMissingActivationIsNamed) {
  EXPECT_EQ(bgp_of("{}", R"({"paths":[{"sourced":true,"valid":true,
                             "bestpath":{"overall":true}}]})")
                .problem,
            "bgpd has no peer that is activated for IPv4 unicast");
}

TEST(BgpdView, TheWinnerIsNamed) {
  EXPECT_EQ(bgp_of("{}", R"({"paths":[{"sourced":true,"valid":true},{"valid":true,
                "bestpath":{"overall":true},"peer":{"peerId":"10.0.0.1","hostname":"lb9"}}]})")
                .problem,
            "another route to it won in bgpd: the one from 10.0.0.1 (lb9)");
}

TEST(BgpdView, ARouteThatZebraDoesNotBackIsNamed) {
  EXPECT_THAT(bgp_of("{}", R"({"paths":[{"sourced":true,"valid":false}]})").problem,
              HasSubstr("zebra has none for the `network` statement"));
}

TEST(BgpdView, NonsenseIsAProblemAndNoCrash) {
  EXPECT_EQ(make_bgpd_parser({})->read(kVip4, "[").error().what,
            "bgpd: the answer about the route was not understood");
  EXPECT_FALSE(make_bgpd_parser({})->read_common(0, "["));
}

TEST(BgpdView, ALongListIsCut) {
  std::string peers;
  for (int i = 1; i <= 7; ++i) {
    peers += (i == 1 ? "\"10.0.0." : ",\"10.0.0.") + std::to_string(i) + "\":{\"state\":\"Idle\"}";
  }
  EXPECT_THAT(bgp_of(R"({"ipv4Unicast":{"peers":{)" + peers + "}}}",
                     R"({"paths":[{"sourced":true,"valid":true,"bestpath":{"overall":true}}]})")
                  .problem,
              HasSubstr("10.0.0.5 Idle and 2 more)"));
}

// ---- router ids

std::optional<model::RouterId> id_of(DaemonParser& view, const IpAddress& vip,
                                     const std::string& own) {
  return view.read(vip, own.empty() ? own : recorded_answer(own)).value().router_id;
}

TEST(DaemonParser, TellsTheRouterId) {
  const model::RouterId own{*IpAddress::parse("192.168.100.2"), ""};
  const auto bgpd = make_bgpd_parser({});
  ASSERT_TRUE(bgpd->read_common(0, recorded_answer("8.4.4-bgp-summary")));
  EXPECT_EQ(id_of(*bgpd, kVip4, "8.4.4-bgp-route4"), own);
  ASSERT_TRUE(bgpd->read_common(0, "{}"));
  EXPECT_EQ(id_of(*bgpd, kVip4, "8.4.4-bgp-route4"), std::nullopt);
  const auto ospfd = make_ospfd_parser({});
  ASSERT_TRUE(ospfd->read_common(0, recorded_answer("8.4.4-ospf-neighbours")));
  EXPECT_EQ(id_of(*ospfd, kVip4, "8.4.4-ospf-external"), own);
  const auto ospf6d = make_ospf6d_parser({});
  ASSERT_TRUE(ospf6d->read_common(0, recorded_answer("8.4.4-ospf6-process")));
  EXPECT_EQ(id_of(*ospf6d, kVip6, ""), own);
}

/// A neighbour that has stood for that long, as ospfd tells it.
std::string neighbours_after(int seconds, const char* designated = "192.168.100.1") {
  return R"({"neighbors":{"192.168.100.1":[{"nbrState":"Full\/DR","ifaceName":"eth1:192.168.100.2",)"
         R"("areaId":"0.0.0.0","routerDesignatedId":")" +
         std::string(designated) + R"(","lastPrgrsvChangeMsec":)" + std::to_string(seconds * 1000) +
         "}]}}";
}

/// Has the view read the same again and again, every 10 s for a minute.
std::optional<model::RouterId> after_a_minute(DaemonParser& view, const Answers& answers,
                                              const char* designated = "192.168.100.1") {
  for (int seconds = 300; seconds <= 360; seconds += 10) {
    EXPECT_TRUE(view.read_common(0, neighbours_after(seconds, designated)));
    for (std::size_t i = 1; i < view.common_questions().size(); ++i) {
      const auto answer = answers.find(view.common_questions()[i]);
      EXPECT_NE(answer, answers.end()) << view.common_questions()[i];
      if (answer != answers.end()) {
        EXPECT_TRUE(view.read_common(i, recorded_answer(answer->second)));
      }
    }
  }
  return id_of(view, kVip4, "8.4.4-ospf-external");
}

TEST(OspfdView, ARouterIdThatIsOnALinkTwiceIsSeenInTheNetworkLsa) {
  Answers answers{{"show ip ospf border-routers", "8.4.4-ospf-border"},
                  {"show ip ospf database network 192.168.100.1", "8.4.4-ospf-network-shared"},
                  {"show ip ospf database router self-originate", "8.4.4-ospf-own-router"}};
  EXPECT_EQ(after_a_minute(*make_ospfd_parser({}), answers)->shared,
            "the network LSA of the designated router 192.168.100.1 names it 2 times");
  answers["show ip ospf database network 192.168.100.1"] = "8.4.4-ospf-network";
  EXPECT_THAT(after_a_minute(*make_ospfd_parser({}), answers)->shared,
              HasSubstr("originated anew all the time"))
      << "this own LSA is 1 s old at each look";
}

TEST(OspfdView, OnPointToPointLinksTheNeighboursRouterLsaIsAsked) {
  const auto view = make_ospfd_parser({}, "blue");
  ASSERT_TRUE(view->read_common(0, neighbours_after(300, "0.0.0.0")));
  EXPECT_THAT(view->common_questions(),
              ElementsAre("show ip ospf vrf blue neighbor detail json",
                          "show ip ospf vrf blue border-routers",
                          "show ip ospf vrf blue database router 192.168.100.1",
                          "show ip ospf vrf blue database router self-originate"));
}

TEST(Ospf6dView, TheNeighboursRouterLsasAreAsked) {
  const auto view = make_ospf6d_parser({});
  ASSERT_TRUE(view->read_common(0, recorded_answer("8.4.4-ospf6-process")));
  ASSERT_TRUE(view->read_common(1, recorded_answer("8.4.4-ospf6-neighbours")));
  ASSERT_EQ(view->common_questions().size(), 6u);
  EXPECT_EQ(view->common_questions()[4],
            "show ipv6 ospf6 database router adv-router 192.168.100.1 detail");
  EXPECT_EQ(view->common_questions()[5], "show ipv6 ospf6 database router self-originated detail");
}

// ---- ospfd

TEST(OspfdView, TellsTheFullAdjacenciesAndTheOthers) {
  EXPECT_EQ(ospf("8.4.4-ospf-neighbours", "8.4.4-ospf-border", "8.4.4-ospf-external"),
            (Reach{.originated = true, .neighbours = {"192.168.100.1"}, .others = 1}));
  EXPECT_EQ(ospf("7.5.1-ospf-neighbours", "7.5.1-ospf-border", "7.5.1-ospf-external"),
            (Reach{.originated = true, .neighbours = {"10.99.0.2"}, .others = 1}));
  EXPECT_EQ(ospf("10.3-ospf-neighbours", "10.3-ospf-border", "10.3-ospf-external"),
            (Reach{.originated = true, .neighbours = {"10.99.0.1"}, .others = 1}));
}

TEST(OspfdView, ADeadNodesLsaIsNoOther) {
  EXPECT_EQ(ospf("8.4.4-ospf-neighbours-alone", "8.4.4-ospf-border-dead-sibling",
                 "8.4.4-ospf-external-dead-sibling")
                .others,
            std::nullopt)
      << "without an adjacency the database is of before";
}

TEST(OspfdView, NamesWhatKeepsTheAdjacencyFromBeingFull) {
  const Reach early =
      ospf("7.5.1-ospf-neighbours-early", "7.5.1-ospf-border", "7.5.1-ospf-external");
  EXPECT_TRUE(early.originated);
  EXPECT_THAT(early.neighbours, ElementsAre());
  EXPECT_EQ(early.problem, "no OSPF adjacency is full (v75: 10.99.0.2 ExStart)");
  EXPECT_EQ(ospf("8.4.4-ospf-neighbours-alone", "8.4.4-ospf-border-dead-sibling",
                 "8.4.4-ospf-external-dead-sibling")
                .problem,
            "no OSPF adjacency is full (no neighbour is heard)");
}

TEST(OspfdView, AnLsaThatIsMissingIsTheRedistributionsError) {
  const auto view = make_ospfd_parser({});
  ASSERT_TRUE(view->read_common(0, recorded_answer("8.4.4-ospf-neighbours")));
  ASSERT_TRUE(view->read_common(1, recorded_answer("8.4.4-ospf-border")));
  const std::string none =
      "\n       OSPF Router with ID (192.168.100.2)\n\n  AS External Link States \n\n";
  const Reach missing =
      answered(*view, kVip4, none, {{"show running-config", "router ospf\nexit\n"}});
  EXPECT_EQ(missing,
            (Reach{.originated = false,
                   .neighbours = {},
                   .others = 0,
                   .problem = "ospfd has no LSA of its own for it: its `router ospf` has no "
                              "`redistribute openfabric route-map …`"}));
  EXPECT_EQ(view->read(kVip4, "% OSPF is not enabled in vrf default\n").error().what,
            "ospfd: OSPF is not enabled in vrf default");
}

TEST(OspfdView, InAStubAreaNobodyHears) {
  const Reach stub =
      ospf("8.4.4-ospf-neighbours-stub", "8.4.4-ospf-border-stub", "8.4.4-ospf-external-stub");
  EXPECT_EQ(stub,
            (Reach{.originated = true,
                   .neighbours = {},
                   .others = std::nullopt,
                   .problem = "area 0.0.0.1 is a stub: no external routes are flooded into it "
                              "(make it an NSSA on all its routers, `area 0.0.0.1 nssa`)"}));
}

TEST(OspfdView, InAnNssaTypeSevenCounts) {
  const auto view = make_ospfd_parser({});
  EXPECT_EQ(
      reach(*view, {"8.4.4-ospf-neighbours-nssa", "8.4.4-ospf-border-nssa", "8.4.4-ospf-nssa"},
            kVip4, "8.4.4-ospf-external-nssa"),
      (Reach{.originated = true, .neighbours = {"192.168.100.1"}, .others = 1}));
  // Of others that are not in this NSSA nothing is seen.
  const std::string alone =
      "       OSPF Router with ID (192.168.100.2)\n\n   NSSA-external Link States (Area 0.0.0.1 "
      "[NSSA])\n\n  LS age: 8\n  Link State ID: 10.10.10.10\n  Advertising Router: "
      "192.168.100.2\n  Network Mask: /32\n";
  ASSERT_TRUE(view->read_common(0, recorded_answer("8.4.4-ospf-neighbours-nssa")));
  ASSERT_TRUE(view->read_common(1, recorded_answer("8.4.4-ospf-border-nssa")));
  ASSERT_TRUE(view->read_common(2, alone));
  EXPECT_EQ(answered(*view, kVip4, "       OSPF Router with ID (192.168.100.2)\n"),
            (Reach{.originated = true, .neighbours = {"192.168.100.1"}, .others = std::nullopt}));
}

TEST(OspfReach, WhatABorderRouterTranslatesIsNoOtherNode) {
  const IpAddress own = *IpAddress::parse("1.1.1.1");
  const IpAddress border = *IpAddress::parse("9.9.9.9");
  const IpAddress area = *IpAddress::parse("0.0.0.1");
  const IpAddress next_hop = *IpAddress::parse("192.0.2.1");
  using wire::vty::AreaKind;
  using wire::vty::LsaScope;
  const OspfSurroundings around{.neighbours = {{"9.9.9.9", "eth1", "Full", area, AreaKind::nssa},
                                               {"9.9.9.9", "eth2", "Full", IpAddress{}}},
                                .reachable = {border}};
  const std::vector<wire::vty::HostLsa> lsas{
      {kVip4, own, false, LsaScope::nssa, area, next_hop},
      {kVip4, border, false, LsaScope::as, std::nullopt, next_hop}};
  const Reach reach = evaluate_ospf("ospfd", lsas, own, around, [] { return std::string(); });
  EXPECT_EQ(reach.others, 0u);
  EXPECT_THAT(reach.neighbours, ElementsAre("9.9.9.9"));
}

TEST(OspfdView, AnAddressMayBeAStubNetwork) {
  const auto view = make_ospfd_parser(configured(model::Announcer::connected));
  ASSERT_EQ(view->common_questions()[2], "show ip ospf database router");
  ASSERT_TRUE(view->read_common(0, recorded_answer("8.4.4-ospf-neighbours")));
  ASSERT_TRUE(view->read_common(1, recorded_answer("8.4.4-ospf-border-dead-sibling")));
  const auto stub = [](const std::string& router) {
    return "  LS age: 5\n  Advertising Router: " + router +
           "\n     (Link ID) Net: 10.10.10.10\n     (Link Data) Network Mask: 255.255.255.255\n";
  };
  const std::string head = "       OSPF Router with ID (192.168.100.2)\n";
  // .3 is heard on the same segment; of .4 nothing shows that it lives.
  ASSERT_TRUE(view->read_common(
      2, head + stub("192.168.100.2") + stub("192.168.100.3") + stub("192.168.100.4")));
  EXPECT_EQ(answered(*view, kVip4, head),
            (Reach{.originated = true, .neighbours = {"192.168.100.1"}, .others = 1}));
}

// ---- ospf6d

TEST(Ospf6dView, TellsTheFullAdjacenciesAndTheOthers) {
  EXPECT_EQ(ospf6("8.4.4-ospf6-process", "8.4.4-ospf6-neighbours", "8.4.4-ospf6-border",
                  "8.4.4-ospf6-external"),
            (Reach{.originated = true, .neighbours = {"192.168.100.1"}, .others = 1}));
  EXPECT_EQ(ospf6("7.5.1-ospf6-process", "7.5.1-ospf6-neighbours", "7.5.1-ospf6-border",
                  "7.5.1-ospf6-external"),
            (Reach{.originated = true, .neighbours = {"10.99.0.2"}, .others = 1}));
  EXPECT_EQ(ospf6("10.3-ospf6-process", "10.3-ospf6-neighbours", "10.3-ospf6-border",
                  "10.3-ospf6-external"),
            (Reach{.originated = true, .neighbours = {"10.99.0.1"}, .others = 1}));
}

TEST(Ospf6dView, ADeadNodesLsaIsNoOther) {
  const Reach alone = ospf6("8.4.4-ospf6-process", "8.4.4-ospf6-neighbours-alone",
                            "8.4.4-ospf6-border-dead-sibling", "8.4.4-ospf6-external-dead-sibling");
  EXPECT_EQ(alone, (Reach{.originated = true,
                          .neighbours = {},
                          .others = std::nullopt,
                          .problem = "no OSPF adjacency is full (no neighbour is heard)"}));
}

TEST(Ospf6dView, SaysThatItRunsWithoutConfiguration) {
  const auto read = make_ospf6d_parser({})->read_common(0, "");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().what, "ospf6d runs without `router ospf6`");
  const auto old = make_ospf6d_parser({})->read_common(0, "OSPFv3 is not running\n");
  ASSERT_FALSE(old);
  EXPECT_EQ(old.error().what, "ospf6d: OSPFv3 is not running");
}

TEST(Ospf6dView, AnAddressMayBeAnIntraAreaPrefix) {
  const auto view = make_ospf6d_parser(configured(model::Announcer::connected));
  ASSERT_EQ(view->common_questions()[4], "show ipv6 ospf6 database intra-prefix");
  ASSERT_TRUE(view->read_common(0, recorded_answer("8.4.4-ospf6-process")));
  ASSERT_TRUE(view->read_common(1, recorded_answer("8.4.4-ospf6-neighbours")));
  ASSERT_TRUE(view->read_common(2, recorded_answer("8.4.4-ospf6-border")));
  for (int turn = 0; turn < 2; ++turn) {  // a second turn forgets the first
    ASSERT_TRUE(view->read_common(3, "\n"));
    ASSERT_TRUE(view->read_common(
        4, turn == 0 ? "Type LSId\nINP  0.0.0.0        192.168.100.2     5 80000001   "
                       "        2001:db8:10::10/128\n"
                     : "\n"));
    EXPECT_EQ(view->read(kVip6, "").value().originated, turn == 0);
  }
  EXPECT_THAT(view->read(kVip6, "").value().problem,
              StartsWith("ospf6d has no LSA of its own for it"));
}

TEST(Ospf6dView, InAStubAreaNobodyHears) {
  const Reach stub = ospf6("8.4.4-ospf6-process-stub", "8.4.4-ospf6-neighbours-stub",
                           "8.4.4-ospf6-border-stub", "8.4.4-ospf6-external-stub");
  EXPECT_THAT(stub.neighbours, ElementsAre());
  EXPECT_EQ(stub.others, std::nullopt);
  EXPECT_THAT(stub.problem, StartsWith("area 0.0.0.1 is a stub"));
}

TEST(Ospf6dView, AnIntraAreaPrefixIsFloodedIntoAStubArea) {
  const auto view = make_ospf6d_parser(configured(model::Announcer::vty));
  ASSERT_TRUE(view->read_common(0, recorded_answer("8.4.4-ospf6-process-stub")));
  ASSERT_TRUE(view->read_common(1, recorded_answer("8.4.4-ospf6-neighbours-stub")));
  ASSERT_TRUE(view->read_common(2, recorded_answer("8.4.4-ospf6-border-stub")));
  ASSERT_TRUE(view->read_common(3, "\n"));
  ASSERT_TRUE(view->read_common(4,
                                "        Area Scoped Link State Database (Area 1)\n\nType LSId\n"
                                "INP  0.0.0.0        192.168.100.2     5 80000001           "
                                "2001:db8:10::10/128\n"));
  EXPECT_THAT(view->read(kVip6, "").value().neighbours, ElementsAre("192.168.100.1"));
}

TEST(Ospf6dView, InAnNssaTypeSevenCounts) {
  EXPECT_EQ(reach(*make_ospf6d_parser({}),
                  {"8.4.4-ospf6-process-nssa", "8.4.4-ospf6-neighbours-nssa",
                   "8.4.4-ospf6-border-nssa", "8.4.4-ospf6-external-nssa", "8.4.4-ospf6-type7"},
                  kVip6, ""),
            (Reach{.originated = true, .neighbours = {"192.168.100.1"}, .others = 1}));
}

}  // namespace
}  // namespace vipherd::frr
