// What an operator is told, from what real daemons answered.
#include "frr/daemon_view.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/wire/vty_recorded.hpp"

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

/// Reads the common answers of these names, and then the one about the VIP.
Reach reach(DaemonView& view, const std::vector<std::string>& common, const IpAddress& vip,
            const std::string& own) {
  EXPECT_EQ(view.common_questions().size(), common.size());
  for (std::size_t i = 0; i < common.size(); ++i) {
    const auto read = view.read_common(i, recorded_answer(common[i]));
    EXPECT_TRUE(read) << (read ? "" : read.error().what);
  }
  EXPECT_EQ(view.question(vip).empty(), own.empty());
  return view.read(vip, own.empty() ? own : recorded_answer(own)).value();
}
Reach bgp(const std::string& summary, const std::string& route, const IpAddress& vip = kVip4,
          model::Announcer announcer = model::Announcer::zapi) {
  return reach(*make_bgpd_view(configured(announcer)), {summary}, vip, route);
}
Reach ospf(const std::string& neighbours, const std::string& border, const std::string& lsas) {
  return reach(*make_ospfd_view(configured(model::Announcer::zapi)), {neighbours, border}, kVip4,
               lsas);
}
Reach ospf6(const std::string& process, const std::string& neighbours, const std::string& border,
            const std::string& lsas) {
  return reach(*make_ospf6d_view(configured(model::Announcer::zapi)),
               {process, neighbours, border, lsas}, kVip6, "");
}

TEST(DaemonView, IsOfTheDaemonThatCarriesTheFamily) {
  const model::FrrConfig config;
  using model::Protocol;
  EXPECT_EQ(make_daemon_view(Protocol::bgp, Family::ipv4, config)->daemon(), "bgpd");
  EXPECT_EQ(make_daemon_view(Protocol::bgp, Family::ipv6, config)->daemon(), "bgpd");
  EXPECT_EQ(make_daemon_view(Protocol::ospf, Family::ipv4, config)->daemon(), "ospfd");
  EXPECT_EQ(make_daemon_view(Protocol::ospf, Family::ipv6, config)->daemon(), "ospf6d");
}

// ---- bgpd

TEST(BgpdView, TellsWhomTheRouteIsAdvertisedTo) {
  EXPECT_EQ(bgp("8.4.4-bgp-summary", "8.4.4-bgp-route4"),
            (Reach{.originated = true, .neighbours = {"192.168.100.1"}}));
  EXPECT_EQ(bgp("8.4.4-bgp-summary", "8.4.4-bgp-route6", kVip6),
            (Reach{.originated = true, .neighbours = {"fd00:192::1"}}));
}

TEST(BgpdView, TellsOfOthersOnlyWhereItSeesThem) {
  EXPECT_EQ(bgp("8.4.4-bgp-summary", "8.4.4-bgp-route4").others, std::nullopt);
  EXPECT_EQ(bgp("8.4.4-bgp-summary-ibgp", "8.4.4-bgp-route4-sibling").others, 1u);
}

TEST(BgpdView, ARouteThatIsMissingIsTheRedistributionsFault) {
  const Reach missing = bgp("8.4.4-bgp-summary-ibgp", "8.4.4-bgp-route4-only-sibling");
  EXPECT_FALSE(missing.originated);
  EXPECT_THAT(missing.neighbours, ElementsAre());
  EXPECT_EQ(missing.others, 1u);
  EXPECT_EQ(missing.problem,
            "bgpd has no route for it: `redistribute openfabric route-map ...` is missing, or the "
            "route-map denies it (its tag, the prefix-list)");
  EXPECT_THAT(bgp("8.4.4-bgp-summary-ibgp", "8.4.4-bgp-route4-only-sibling", kVip4,
                  model::Announcer::connected)
                  .problem,
              HasSubstr("`redistribute connected`"));
}

TEST(BgpdView, AFilterIsNamedWhereSessionsAreUp) {
  EXPECT_EQ(bgp("8.4.4-bgp-summary", "8.4.4-bgp-route4-filtered").problem,
            "advertised to no peer although sessions are established (192.168.100.1): an outbound "
            "filter denies it");
}

TEST(BgpdView, SessionsAreNamedWhereNoneIsUp) {
  const Reach alone = bgp("8.4.4-bgp-summary-alone", "8.4.4-bgp-route4-alone");
  EXPECT_TRUE(alone.originated);
  EXPECT_EQ(alone.problem, "no BGP session is established (192.168.100.1 Connect)");
}

Reach bgp_of(std::string_view summary, std::string_view route) {
  const auto view = make_bgpd_view({});
  EXPECT_TRUE(view->read_common(0, summary));
  return view->read(kVip4, route).value();
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
  EXPECT_EQ(make_bgpd_view({})->read(kVip4, "[").error().what,
            "bgpd: the answer about the route was not understood");
  EXPECT_FALSE(make_bgpd_view({})->read_common(0, "["));
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

// ---- ospfd

TEST(OspfdView, TellsTheFullAdjacenciesAndTheOthers) {
  EXPECT_EQ(
      ospf("8.4.4-ospf-neighbours", "8.4.4-ospf-border", "8.4.4-ospf-external"),
      (Reach{.originated = true, .neighbours = {"192.168.100.1"}, .others = 1}));
  EXPECT_EQ(
      ospf("7.5.1-ospf-neighbours", "7.5.1-ospf-border", "7.5.1-ospf-external"),
      (Reach{.originated = true, .neighbours = {"10.99.0.2"}, .others = 1}));
  EXPECT_EQ(
      ospf("10.3-ospf-neighbours", "10.3-ospf-border", "10.3-ospf-external"),
      (Reach{.originated = true, .neighbours = {"10.99.0.1"}, .others = 1}));
}

TEST(OspfdView, ADeadNodesLsaIsNoOther) {
  EXPECT_EQ(ospf("8.4.4-ospf-neighbours-alone", "8.4.4-ospf-border-dead-sibling",
                 "8.4.4-ospf-external-dead-sibling")
                .others,
            0u);
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

TEST(OspfdView, AnLsaThatIsMissingIsTheRedistributionsFault) {
  const auto view = make_ospfd_view({});
  ASSERT_TRUE(view->read_common(0, recorded_answer("8.4.4-ospf-neighbours")));
  ASSERT_TRUE(view->read_common(1, recorded_answer("8.4.4-ospf-border")));
  const Reach missing = view->read(
      kVip4, "\n       OSPF Router with ID (192.168.100.2)\n\n  AS External Link States \n\n").value();
  EXPECT_EQ(missing,
            (Reach{.originated = false,
                   .neighbours = {},
                   .others = 0,
                   .problem = "ospfd has no LSA of its own for it: `redistribute openfabric "
                              "route-map ...` is missing, or the route-map denies it (its tag, "
                              "the prefix-list)"}));
  EXPECT_EQ(view->read(kVip4, "% OSPF is not enabled in vrf default\n").error().what,
            "ospfd: OSPF is not enabled in vrf default");
}

TEST(OspfdView, AnAddressMayBeAStubNetwork) {
  const auto view = make_ospfd_view(configured(model::Announcer::connected));
  ASSERT_EQ(view->common_questions().size(), 3u);
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
  EXPECT_EQ(
      view->read(kVip4, head).value(),
      (Reach{.originated = true, .neighbours = {"192.168.100.1"}, .others = 1}));
}

// ---- ospf6d

TEST(Ospf6dView, TellsTheFullAdjacenciesAndTheOthers) {
  EXPECT_EQ(
      ospf6("8.4.4-ospf6-process", "8.4.4-ospf6-neighbours", "8.4.4-ospf6-border",
            "8.4.4-ospf6-external"),
      (Reach{.originated = true, .neighbours = {"192.168.100.1"}, .others = 1}));
  EXPECT_EQ(
      ospf6("7.5.1-ospf6-process", "7.5.1-ospf6-neighbours", "7.5.1-ospf6-border",
            "7.5.1-ospf6-external"),
      (Reach{.originated = true, .neighbours = {"10.99.0.2"}, .others = 1}));
  EXPECT_EQ(
      ospf6("10.3-ospf6-process", "10.3-ospf6-neighbours", "10.3-ospf6-border",
            "10.3-ospf6-external"),
      (Reach{.originated = true, .neighbours = {"10.99.0.1"}, .others = 1}));
}

TEST(Ospf6dView, ADeadNodesLsaIsNoOther) {
  const Reach alone = ospf6("8.4.4-ospf6-process", "8.4.4-ospf6-neighbours-alone",
                            "8.4.4-ospf6-border-dead-sibling", "8.4.4-ospf6-external-dead-sibling");
  EXPECT_EQ(alone, (Reach{.originated = true,
                          .neighbours = {},
                          .others = 0,
                          .problem = "no OSPF adjacency is full (no neighbour is heard)"}));
}

TEST(Ospf6dView, SaysThatItRunsWithoutConfiguration) {
  const auto read = make_ospf6d_view({})->read_common(0, "");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().what, "ospf6d runs without `router ospf6`");
  const auto old = make_ospf6d_view({})->read_common(0, "OSPFv3 is not running\n");
  ASSERT_FALSE(old);
  EXPECT_EQ(old.error().what, "ospf6d: OSPFv3 is not running");
}

TEST(Ospf6dView, AnAddressMayBeAnIntraAreaPrefix) {
  const auto view = make_ospf6d_view(configured(model::Announcer::connected));
  ASSERT_EQ(view->common_questions().size(), 5u);
  ASSERT_TRUE(view->read_common(0, recorded_answer("8.4.4-ospf6-process")));
  ASSERT_TRUE(view->read_common(1, recorded_answer("8.4.4-ospf6-neighbours")));
  ASSERT_TRUE(view->read_common(2, recorded_answer("8.4.4-ospf6-border")));
  for (int turn = 0; turn < 2; ++turn) {  // a second turn forgets the first
    ASSERT_TRUE(view->read_common(3, "\n"));
    ASSERT_TRUE(view->read_common(
        4, turn == 0 ? "Type LSId\nINP  0.0.0.0        192.168.100.2     5 80000001   "
                       "        2001:db8:10::10/128\n"
                     : "\n"));
    EXPECT_EQ(view->read(kVip6, "")->originated, turn == 0);
  }
  EXPECT_THAT(view->read(kVip6, "")->problem, StartsWith("ospf6d has no LSA of its own for it"));
}

}  // namespace
}  // namespace vipherd::frr
