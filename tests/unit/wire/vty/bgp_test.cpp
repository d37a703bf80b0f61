#include "vipherd/wire/vty/bgp.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/wire/vty/recorded.hpp"

namespace vipherd::wire::vty {
namespace {

using test::recorded_answer;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

IpAddress address(std::string_view text) { return *IpAddress::parse(text); }

// ---- sessions

TEST(VtyBgpSummary, ListsThePeersOfEachFamily) {
  EXPECT_EQ(*parse_bgp_summary(recorded_answer("8.4.4-bgp-summary")),
            (BgpPeers{{{"192.168.100.1", "Established", "OK"}},
                      {{"fd00:192::1", "Established", "OK"}},
                      address("192.168.100.2")}));
  EXPECT_EQ(*parse_bgp_summary(recorded_answer("8.4.4-bgp-summary-alone")),
            (BgpPeers{{{"192.168.100.1", "Connect", "OK"}},
                      {{"fd00:192::1", "Connect", "OK"}},
                      address("192.168.100.2")}));
}

TEST(VtyBgpSummary, IsTheSameInOlderAndNewerVersions) {
  EXPECT_EQ(*parse_bgp_summary(recorded_answer("7.5.1-bgp-summary")),
            (BgpPeers{{{"10.99.0.2", "Established"}, {"fd99::2", "Established"}},
                      {{"fd99::2", "Established"}},
                      address("10.99.0.1")}));
  EXPECT_EQ(*parse_bgp_summary(recorded_answer("10.3-bgp-summary")),
            (BgpPeers{{{"10.99.0.1", "Established", "OK"}, {"fd99::1", "Established", "OK"}},
                      {{"fd99::1", "Established", "OK"}},
                      address("10.99.0.2")}));
}

TEST(VtyBgpSummary, IsEmptyWithoutRouterBgp) { EXPECT_EQ(*parse_bgp_summary("{}\n"), BgpPeers{}); }

TEST(VtyBgpSummary, OfAnotherFormHasNoPeersOrIsRefused) {
  EXPECT_FALSE(parse_bgp_summary(""));
  EXPECT_FALSE(parse_bgp_summary("% [BGP] Unknown command"));
  EXPECT_FALSE(parse_bgp_summary("[]"));
  EXPECT_EQ(*parse_bgp_summary(R"({"ipv4Unicast":[],"ipv6Unicast":{"peers":7}})"), BgpPeers{});
  EXPECT_EQ(*parse_bgp_summary(R"({"ipv4Unicast":{"peers":{"eth0":"up","eth1":{"state":3}}}})"),
            (BgpPeers{{{"eth0", ""}, {"eth1", ""}}, {}}));
}

TEST(VtyBgpSummary, NamesAreFitForATerminal) {
  const auto peers = parse_bgp_summary(R"({"ipv4Unicast":{"peers":{"\u001b[2J":{"state":")" +
                                       std::string(1000, 'x') + R"("}}}})");
  ASSERT_TRUE(peers);
  EXPECT_EQ(peers->ipv4.front(), (BgpPeer{"?[2J", std::string(64, 'x')}));
  EXPECT_EQ(parse_bgp_summary(R"({"ipv4Unicast":{"peers":{"~\u007f\u00e4":{}}}})")->ipv4.front(),
            (BgpPeer{"~???", ""}));
}

// ---- a route

TEST(VtyBgpRoute, IsAskedForAsAPrefix) {
  EXPECT_EQ(show_bgp_route_command(address("10.10.10.10")),
            "show bgp ipv4 unicast 10.10.10.10/32 json");
  EXPECT_EQ(show_bgp_route_command(address("2001:db8::10")),
            "show bgp ipv6 unicast 2001:db8::10/128 json");
  EXPECT_EQ(show_bgp_route_command(address("10.10.10.10"), "blue"),
            "show bgp vrf blue ipv4 unicast 10.10.10.10/32 json");
  EXPECT_EQ(show_bgp_summary_command("blue"), "show bgp vrf blue summary json");
}

TEST(VtyBgpRoute, InAVrfWithoutRouterBgpCannotBe) {
  const auto route = parse_bgp_route(R"({"warning":"View/Vrf is unknown"})");
  ASSERT_FALSE(route);
  EXPECT_EQ(route.error().what, "there is no `router bgp` in this VRF");
}

BgpRoute told(std::vector<std::string> peers, std::uint32_t others = 0) {
  return {.ours = true,
          .ours_valid = true,
          .ours_best = true,
          .advertised_to = std::move(peers),
          .winner = "",
          .others = others};
}

TEST(VtyBgpRoute, OfOursIsToldToPeers) {
  EXPECT_EQ(*parse_bgp_route(recorded_answer("8.4.4-bgp-route4")), told({"192.168.100.1"}));
  EXPECT_EQ(*parse_bgp_route(recorded_answer("8.4.4-bgp-route6")), told({"fd00:192::1"}));
}

TEST(VtyBgpRoute, OfANodeWithTwoSessionsIsOneNode) {
  EXPECT_EQ(*parse_bgp_route(recorded_answer("7.5.1-bgp-route4")),
            told({"10.99.0.2", "fd99::2"}, 1));
  EXPECT_EQ(*parse_bgp_route(recorded_answer("10.3-bgp-route4")),
            told({"10.99.0.1", "fd99::1"}, 1));
  EXPECT_EQ(parse_bgp_route(recorded_answer("7.5.1-bgp-route6"))->others, 1u);
  EXPECT_EQ(parse_bgp_route(recorded_answer("10.3-bgp-route6"))->others, 1u);
}

TEST(VtyBgpRoute, ASiblingIsSeenBesideOurs) {
  EXPECT_EQ(*parse_bgp_route(recorded_answer("8.4.4-bgp-route4-sibling")),
            told({"192.168.100.1", "192.168.100.3"}, 1));
}

TEST(VtyBgpRoute, WhatIsToldOfASiblingsPathIsNotOurs) {
  const auto route = parse_bgp_route(recorded_answer("8.4.4-bgp-route4-only-sibling"));
  ASSERT_TRUE(route);
  EXPECT_EQ(*route, (BgpRoute{.ours = false,
                              .ours_valid = false,
                              .ours_best = false,
                              .advertised_to = {},
                              .winner = "192.168.100.3 (lb2)",
                              .others = 1}));
}

TEST(VtyBgpRoute, MayBeToldToNobody) {
  EXPECT_EQ(*parse_bgp_route(recorded_answer("8.4.4-bgp-route4-filtered")), told({}));
}

TEST(VtyBgpRoute, MayBeAbsent) {
  EXPECT_EQ(*parse_bgp_route("{\n}\n"), BgpRoute{});
  EXPECT_EQ(*parse_bgp_route(R"({"warning":"Default BGP instance not found"})"), BgpRoute{});
}

TEST(VtyBgpRoute, OfOursMayLose) {
  const auto route = parse_bgp_route(
      R"({"advertisedTo":{"10.0.0.9":{}},"paths":[
          {"sourced":true,"valid":true},
          {"valid":true,"bestpath":{"overall":true},"peer":{"peerId":"10.0.0.1"}}]})");
  ASSERT_TRUE(route);
  EXPECT_TRUE(route->ours && route->ours_valid && !route->ours_best);
  EXPECT_EQ(route->winner, "10.0.0.1");
  EXPECT_THAT(route->advertised_to, IsEmpty());
}

TEST(VtyBgpRoute, WithAddPathThePeersOfOurOwnPathCount) {
  const auto route = parse_bgp_route(
      R"({"paths":[
          {"sourced":true,"valid":true,"advertisedTo":{"10.0.0.9":{}}},
          {"valid":true,"bestpath":{"overall":true},"peer":{"peerId":"10.0.0.1"},
           "advertisedTo":{"10.0.0.8":{}}}]})");
  ASSERT_TRUE(route);
  EXPECT_THAT(route->advertised_to, ElementsAre("10.0.0.9"));
}

/// Paths of others: AS path length, the peer's router id, the next hop, the originator.
std::uint32_t others(std::initializer_list<std::array<std::string, 4>> paths) {
  std::string text;
  for (const auto& [length, router, next_hop, originator] : paths) {
    text += (text.empty() ? "" : ",") + (R"({"valid":true,"aspath":{"length":)" + length) +
            R"(},"peer":{"routerId":")" + router + R"("},"nexthops":[{"ip":")" + next_hop +
            R"("}],"originatorId":")" + originator + R"("})";
  }
  return parse_bgp_route(R"({"paths":[)" + text + "]}")->others;
}

TEST(VtyBgpRoute, NoNodeCountsTwice) {
  EXPECT_EQ(others({{"1", "1.1.1.1", "10.0.0.1", ""}, {"1", "2.2.2.2", "10.0.0.2", ""}}), 2u);
  // Two leaf switches that pass the same node on.
  EXPECT_EQ(others({{"2", "9.9.9.1", "10.0.1.1", ""}, {"2", "9.9.9.2", "10.0.2.1", ""}}), 1u);
  // One router that passes on two, leaving the next hop alone.
  EXPECT_EQ(others({{"2", "9.9.9.1", "10.0.0.3", ""}, {"2", "9.9.9.1", "10.0.0.4", ""}}), 2u);
  // Two route reflectors of the same clients.
  EXPECT_EQ(others({{"0", "9.9.9.1", "10.0.0.3", "3.3.3.3"},
                    {"0", "9.9.9.2", "10.0.0.3", "3.3.3.3"},
                    {"0", "9.9.9.2", "10.0.0.4", "4.4.4.4"}}),
            2u);
}

TEST(VtyBgpRoute, PathsThatAreNotInForceDoNotCount) {
  EXPECT_EQ(parse_bgp_route(R"({"paths":[{"valid":false,"peer":{"routerId":"1.1.1.1"}},
      {"valid":true,"stale":true},{"valid":true,"removed":true},7,null]})")
                ->others,
            0u);
}

TEST(VtyBgpRoute, OfAnotherFormIsRefused) {
  EXPECT_FALSE(parse_bgp_route(""));
  EXPECT_FALSE(parse_bgp_route("% Network not in table"));
  EXPECT_FALSE(parse_bgp_route("[]"));
  EXPECT_FALSE(parse_bgp_route(R"({"paths":{}})"));
  EXPECT_FALSE(parse_bgp_route(std::string(100000, '[')));
}

TEST(VtyBgpSummary, ARouterIdIsAnIpv4Address) {
  for (const auto& [summary, id] : {
           std::pair<const char*, std::optional<IpAddress>>{
               R"({"ipv4Unicast":{"routerId":"10.0.0.1"}})", address("10.0.0.1")},
           {R"({"ipv6Unicast":{"routerId":"10.0.0.1"}})", address("10.0.0.1")},
           {R"({"ipv4Unicast":{"routerId":"10.0.0.1"},"ipv6Unicast":{"routerId":"10.0.0.2"}})",
            address("10.0.0.1")},
           {R"({"ipv4Unicast":{"routerId":"::1"},"ipv6Unicast":{"routerId":"10.0.0.2"}})",
            address("10.0.0.2")},
           {R"({"ipv4Unicast":{"routerId":"::1"}})", std::nullopt},
           {R"({"ipv4Unicast":{"routerId":"lb1"}})", std::nullopt},
           {R"({"ipv4Unicast":{"routerId":7}})", std::nullopt},
           {R"({"ipv4Unicast":{}})", std::nullopt},
           {R"({"ipv4Unicast":7})", std::nullopt},
       }) {
    EXPECT_EQ(parse_bgp_summary(summary).value().router_id, id) << summary;
  }
}

/// A route that a neighbour won, whose path is this.
BgpRoute with_path(const std::string& members) {
  return parse_bgp_route(R"({"paths":[{"valid":true,"bestpath":{"overall":true})" + members + "}]}")
      .value();
}

TEST(VtyBgpRoute, TheWinnerHasTheNameThatIsTold) {
  for (const auto& [members, winner] : {
           std::pair{R"(,"peer":{"peerId":"10.0.0.1","hostname":"lb2"})", "10.0.0.1 (lb2)"},
           {R"(,"peer":{"peerId":"10.0.0.1"})", "10.0.0.1"},
           {R"(,"peer":{"peerId":"10.0.0.1","hostname":7})", "10.0.0.1"},
           {R"(,"peer":{"hostname":"lb2"})", "a peer"},
           {R"(,"peer":{"peerId":7,"hostname":"lb2"})", "a peer"},
           {R"(,"peer":"10.0.0.1")", "a peer"},
           {"", "a peer"},
       }) {
    EXPECT_EQ(with_path(members), (BgpRoute{.advertised_to = {}, .winner = winner, .others = 1}))
        << members;
  }
}

TEST(VtyBgpRoute, IsBestOnlyWhereThatIsSaid) {
  for (const char* best : {"true", "{}", R"({"overall":"yes"})", R"({"overall":false})", "null"}) {
    const std::string path =
        R"({"valid":true,"peer":{"peerId":"10.0.0.1"},"bestpath":)" + std::string(best) + "}";
    EXPECT_EQ(parse_bgp_route(R"({"paths":[)" + path + "]}")->winner, "") << best;
    const std::string own = R"({"sourced":true,"valid":true,"bestpath":)" + std::string(best) + "}";
    EXPECT_FALSE(parse_bgp_route(R"({"paths":[)" + own + "]}")->ours_best) << best;
  }
}

TEST(VtyBgpRoute, WhatIsDrainedElsewhereIsNoOtherNode) {
  for (const auto& [community, count] : {
           std::pair{R"({"string":"graceful-shutdown"})", 0u},
           {R"({"string":"65001:1 graceful-shutdown"})", 0u},
           {R"({"string":"65001:1 65535:0"})", 0u},
           {R"({"string":"65001:1"})", 1u},
           {R"({"string":["graceful-shutdown"]})", 1u},
           {R"({"list":[]})", 1u},
           {R"("graceful-shutdown")", 1u},
       }) {
    EXPECT_EQ(with_path(R"(,"community":)" + std::string(community)).others, count) << community;
  }
}

TEST(VtyBgpRoute, OddFieldsOfAPathStillMakeANode) {
  // Without a length the path counts as the peer's own; without a router id as that of one router.
  EXPECT_EQ(parse_bgp_route(R"({"paths":[
      {"valid":true},{"valid":true,"aspath":7},{"valid":true,"aspath":{}},
      {"valid":true,"aspath":{"length":"9"}},{"valid":true,"aspath":{"length":-9}},
      {"valid":true,"peer":{"routerId":7}},{"valid":true,"originatorId":7}]})")
                ->others,
            1u);
  // Of paths that were passed on those count that have different next hops, and none is one, too.
  const std::string passed_on = R"({"valid":true,"aspath":{"length":2},"nexthops":)";
  std::string paths;
  for (const char* hops : {"7", "{}", "[]", "[7]", R"([{"ip":7}])", R"([{"ip":"10.0.0.1"}])",
                           R"([{"ip":"10.0.0.2"},{"ip":"10.0.0.3"}])"}) {
    paths += passed_on + hops + "},";
  }
  paths += R"({"valid":true,"aspath":{"length":2}})";
  EXPECT_EQ(parse_bgp_route(R"({"paths":[)" + paths + "]}")->others, 3u);
}

TEST(VtyBgpRoute, SeveralPathsOfOursAreOne) {
  const std::string best =
      R"({"sourced":true,"valid":true,"bestpath":{"overall":true},"community":{"string":"65001:1"}})";
  const std::string lost = R"({"sourced":true,"valid":false,"advertisedTo":7})";
  for (const std::string& paths : {best + "," + lost, lost + "," + best}) {
    const auto route =
        parse_bgp_route(R"({"advertisedTo":{"10.0.0.9":{}},"paths":[)" + paths + "]}");
    ASSERT_TRUE(route);
    BgpRoute expected = told({"10.0.0.9"});
    expected.communities = "65001:1";
    EXPECT_EQ(*route, expected) << paths;
  }
  // The peers of the path itself are not overruled by those of the route.
  EXPECT_EQ(*parse_bgp_route(R"({"advertisedTo":{"10.0.0.8":{}},"paths":[{"sourced":true,
      "valid":true,"bestpath":{"overall":true},"advertisedTo":{"10.0.0.9":{}}}]})"),
            told({"10.0.0.9"}));
  EXPECT_EQ(*parse_bgp_route(R"({"advertisedTo":["10.0.0.8"],"paths":[{"sourced":true,
      "valid":true,"bestpath":{"overall":true},"community":7}]})"),
            told({}));
}

TEST(VtyBgpRoute, OtherWarningsAreNoFailure) {
  for (const char* warning : {"\"View/Vrf is unknown!\"", "7", "null"}) {
    EXPECT_EQ(*parse_bgp_route(R"({"warning":)" + std::string(warning) + "}"), BgpRoute{})
        << warning;
  }
  EXPECT_EQ(*parse_bgp_route(R"({"warning":"View/Vrf is unknown","paths":[]})"), BgpRoute{});
  EXPECT_EQ(parse_bgp_route(R"({"paths":null})").error().what,
            "the answer about the route was not understood");
}

// ---- peers in detail

TEST(VtyBgpNeighbours, TellWhatFiltersWhatIsSent) {
  const std::string text = R"({"vrfId":0,"vrfName":"default","10.0.0.1":{
      "lastResetDueTo":"BFD down received","lastNotificationReason":"Cease/Hard Reset",
      "addressFamilyInfo":{
        "ipv4Unicast":{"outgoingUpdatePrefixFilterList":"P","outgoingUpdateNetworkFilterList":"D",
          "outgoingUpdateAsPathFilterList":"F","routeMapForOutgoingAdvertisements":"R",
          "selectiveUnsuppressRouteMap":"U","advertiseMap":{"advertiseStatus":"Withdraw"}},
        "ipv6Unicast":{"routeMapForOutgoingAdvertisements":7,
          "outgoingUpdatePrefixFilterList":"SIX","advertiseMap":{"advertiseStatus":"Advertise"}}}}})";
  BgpPeerDetail peer{
      "10.0.0.1",
      "BFD down received",
      "Cease/Hard Reset",
      {"prefix-list P", "distribute-list D", "filter-list F", "route-map R", "unsuppress-map U"},
      true};
  EXPECT_THAT(*parse_bgp_neighbours(text, Family::ipv4), ElementsAre(peer));
  peer.outbound = {"prefix-list SIX"};
  peer.withheld = false;
  EXPECT_THAT(*parse_bgp_neighbours(text, Family::ipv6), ElementsAre(peer));
}

TEST(VtyBgpNeighbours, OfAnotherFormHaveNoFilters) {
  for (const char* peer :
       {"{}", R"({"addressFamilyInfo":7})", R"({"addressFamilyInfo":{}})",
        R"({"addressFamilyInfo":{"ipv6Unicast":{"advertiseMap":{"advertiseStatus":"Withdraw"}}}})",
        R"({"addressFamilyInfo":{"ipv4Unicast":7}})", R"({"lastResetDueTo":7})",
        R"({"addressFamilyInfo":{"ipv4Unicast":{"advertiseMap":"Withdraw"}}})"}) {
    EXPECT_THAT(*parse_bgp_neighbours(R"({"eth1":)" + std::string(peer) + "}", Family::ipv4),
                ElementsAre(BgpPeerDetail{.name = "eth1", .last_reset = "", .outbound = {}}))
        << peer;
  }
  EXPECT_THAT(*parse_bgp_neighbours("{}", Family::ipv4), IsEmpty());
  for (const char* other : {"", "[]", "% BGP instance not found"}) {
    EXPECT_EQ(parse_bgp_neighbours(other, Family::ipv4).error().what,
              "the list of peers was not understood");
  }
}

TEST(VtyBgpRoute, ANoteStandsBehindTheTable) {
  for (const auto& [line, note] : {
           std::pair{"Paths: (1 available, best #1, table default, not advertised to any peer)",
                     "not advertised to any peer"},
           {"Paths: (1 available, best #1, table default, Advertisements suppressed by an "
            "aggregate.)",
            "Advertisements suppressed by an aggregate"},
           {"Paths: (1 available, best #1, table default)", ""},
           {"Paths: (1 available, best #1)", ""},
           {"Paths: (0 available, no best path)", ""},
           {"  Advertised to: 10.0.0.1", ""},
           {"", ""},
       }) {
    EXPECT_EQ(parse_bgp_route_note("BGP routing table entry\n" + std::string(line) + "\n  Local\n"),
              note)
        << line;
  }
}

}  // namespace
}  // namespace vipherd::wire::vty
