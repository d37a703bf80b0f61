#include "vipherd/wire/vty/redistribution.hpp"

#include <gtest/gtest.h>

namespace vipherd::wire::vty {
namespace {

constexpr RedistributionQuestion kOfBgp{"bgp", "openfabric"};

TEST(VtyRedistribution, AnInstanceIsOfOneProtocolAndOneVrf) {
  for (const auto& [line, protocol, vrf, opens] : {
           std::tuple{"router bgp 65001", "bgp", "", true},
           {"router bgp 1.1", "bgp", "", true},
           {"router bgp", "bgp", "", true},
           {"router bgp 65001 as-notation dot+", "bgp", "", true},
           {"router bgp 65001 vrf blue", "bgp", "", false},
           {"router bgp 65001 vrf blue", "bgp", "blue", true},
           {"router bgp 65001 vrf blue2", "bgp", "blue", false},
           {"router bgp 65001 vrf", "bgp", "blue", false},
           {"router bgp 65001 view blue", "bgp", "", false},
           {"router bgp 65001 view blue", "bgp", "blue", false},
           {"router bgp 65001", "bgp", "blue", false},
           {"router ospf", "ospf", "", true},
           {"router ospf 1", "ospf", "", true},
           {"router ospf vrf blue", "ospf", "blue", true},
           {"router ospf6", "ospf", "", false},
           {"router ospf6", "ospf6", "", true},
           {"router bgp 65001", "ospf", "", false},
           {"route-map X permit 10", "bgp", "", false},
       }) {
    EXPECT_EQ(opens_instance(line, protocol, vrf), opens) << line << " of " << vrf;
  }
}

TEST(VtyRedistribution, OfBgpdStandsInTheFamilysBlock) {
  const std::string running = R"(frr version 8.4.4
!
router bgp 65001
 redistribute openfabric route-map OUTSIDE
 !
 address-family ipv4 unicast
  redistribute connected route-map CONNECTED
  redistribute openfabric metric 5 route-map VIPS
 exit-address-family
 redistribute openfabric route-map BEHIND

 address-family ipv4 multicast
  redistribute openfabric route-map MULTICAST
 exit-address-family
 address-family ipv6 unicast
  redistribute openfabric
 exit-address-family
exit
!
router bgp 65001 vrf blue
 address-family ipv4 unicast
  redistribute openfabric route-map BLUE
 exit-address-family
exit
!
route-map VIPS permit 10
 redistribute openfabric
exit
route-map OTHER permit 10
)";
  Redistribution expected{true, true, "VIPS", {"VIPS", "OTHER"}};
  EXPECT_EQ(parse_redistribution(running, kOfBgp), expected);
  RedistributionQuestion question = kOfBgp;
  question.family = Family::ipv6;
  expected.route_map = "";
  EXPECT_EQ(parse_redistribution(running, question), expected);
  question.vrf = "blue";
  EXPECT_EQ(parse_redistribution(running, question),
            (Redistribution{true, false, "", {"VIPS", "OTHER"}}));
  question.family = Family::ipv4;
  EXPECT_EQ(parse_redistribution(running, question),
            (Redistribution{true, true, "BLUE", {"VIPS", "OTHER"}}));
  question.vrf = "red";
  EXPECT_EQ(parse_redistribution(running, question),
            (Redistribution{false, false, "", {"VIPS", "OTHER"}}));
}

TEST(VtyRedistribution, OfAnOspfDaemonStandsInTheInstance) {
  const std::string running =
      "router ospf6\n redistribute openfabrics\n redistribute openfabric route-map\nexit\n"
      "interface eth1\n redistribute openfabric route-map X\n";
  EXPECT_EQ(parse_redistribution(running, {"ospf6", "openfabric"}),
            (Redistribution{true, true, "", {}}));
  EXPECT_EQ(parse_redistribution(running, {"ospf6", "kernel"}),
            (Redistribution{true, false, "", {}}));
  EXPECT_EQ(parse_redistribution(running, {"ospf", "openfabric"}), Redistribution{});
  EXPECT_EQ(parse_redistribution("", {"ospf", "openfabric"}), Redistribution{});
}

}  // namespace
}  // namespace vipherd::wire::vty
