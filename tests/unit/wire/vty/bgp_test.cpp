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

}  // namespace
}  // namespace vipherd::wire::vty
