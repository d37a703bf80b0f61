#include <gmock/gmock.h>

#include "vipherd/render/render.hpp"

namespace vipherd::render {
namespace {

std::string diff(std::string_view before, std::string_view after) {
  return unified_diff(before, after, "old", "new");
}

TEST(UnifiedDiff, SaysNothingOfWhatIsTheSame) {
  EXPECT_EQ(diff("", ""), "");
  EXPECT_EQ(diff("a\nb\n", "a\nb\n"), "");
}

TEST(UnifiedDiff, ShowsAChangeWithThreeLinesAroundIt) {
  EXPECT_EQ(diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nx\n6\n7\n8\n9\n"),
            "--- old\n+++ new\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+x\n 6\n 7\n 8\n");
}

TEST(UnifiedDiff, HasAHunkForEachOfTwoDistantChanges) {
  EXPECT_EQ(diff("a\n1\n2\n3\n4\n5\n6\n7\nb\n", "1\n2\n3\n4\n5\n6\n7\n"),
            "--- old\n+++ new\n@@ -1,4 +1,3 @@\n-a\n 1\n 2\n 3\n@@ -6,4 +5,3 @@\n 5\n 6\n 7\n-b\n");
  // Six lines between two changes are shown once.
  EXPECT_EQ(diff("a\n1\n2\n3\n4\n5\n6\nb\n", "1\n2\n3\n4\n5\n6\n"),
            "--- old\n+++ new\n@@ -1,8 +1,6 @@\n-a\n 1\n 2\n 3\n 4\n 5\n 6\n-b\n");
}

TEST(UnifiedDiff, NumbersAnEmptySideByTheLineBefore) {
  EXPECT_EQ(diff("", "a\n"), "--- old\n+++ new\n@@ -0,0 +1 @@\n+a\n");
  EXPECT_EQ(diff("a\nb\n", ""), "--- old\n+++ new\n@@ -1,2 +0,0 @@\n-a\n-b\n");
}

TEST(UnifiedDiff, DoesNotCompareWhatIsTooLong) {
  std::string before;
  std::string after;
  for (int line = 0; line < 5000; ++line) {
    before += "a" + std::to_string(line) + "\n";
    after += "b" + std::to_string(line) + "\n";
  }
  const std::string text = diff(before, after);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 10003);
}

TEST(WithoutComments, LeavesWhatIsInForce) {
  EXPECT_EQ(without_comments("! a\n\nrouter ospf\n ! b\n x\n", "!"), "router ospf\n x\n");
  EXPECT_EQ(without_comments("#!/bin/sh\n# a\nx # b\n", "#"), "#!/bin/sh\nx # b\n");
}

TEST(ComparableFrr, IsTheSameWhoeverWroteIt) {
  const std::string by_hand =
      "! why\nfrr defaults traditional\ninterface eth1\n ip ospf area 0\n ! hm\n ip ospf "
      "bfd\nexit\n"
      "router bgp 65001\n bgp router-id 10.0.0.1\n neighbor 10.0.0.2 bfd profile vipherd\n"
      " address-family ipv4 unicast\n  neighbor 10.0.0.2 activate\n exit-address-family\nexit\n";
  const std::string by_daemons =
      "\nCurrent configuration:\n!\nfrr version 8.4.4\nfrr defaults traditional\nhostname lb1\n!\n"
      "router bgp 65001\n bgp router-id 10.0.0.1\n neighbor 10.0.0.2 bfd\n"
      " neighbor 10.0.0.2 bfd profile vipherd\n !\n address-family ipv4 unicast\n"
      "  neighbor 10.0.0.2 activate\n exit-address-family\nexit\n!\nend\n"
      "\nCurrent configuration:\n!\ninterface eth1\n ip ospf area 0.0.0.0\nexit\n!\n"
      "interface eth1\n ip ospf bfd\nexit\n!\nend\n";
  EXPECT_EQ(comparable_frr(by_hand), comparable_frr(by_daemons));
  EXPECT_EQ(comparable_frr(by_hand),
            "interface eth1\n ip ospf area 0.0.0.0\n ip ospf bfd\nrouter bgp 65001\n"
            " address-family ipv4 unicast\n  neighbor 10.0.0.2 activate\n bgp router-id 10.0.0.1\n"
            " neighbor 10.0.0.2 bfd profile vipherd\n");
}

TEST(ComparableFrr, LeavesOutWhatTheAgentAddsByVty) {
  EXPECT_EQ(
      comparable_frr("router bgp 65001\n address-family ipv4 unicast\n"
                     "  network 10.10.10.10/32 route-map VIPHERD-VTY-1\n  network 10.1.0.0/16\n"
                     "route-map VIPHERD-VTY-1 permit 10\n set metric 5\n"
                     "ip prefix-list VIPHERD-VTY-100 seq 1 permit 10.10.10.10/32\n"),
      "router bgp 65001\n address-family ipv4 unicast\n  network 10.1.0.0/16\n");
}

}  // namespace
}  // namespace vipherd::render
