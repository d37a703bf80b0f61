// What the relay asks the kernel, in a network of the test's own.
#include "relay/netlink.hpp"

#include <gtest/gtest.h>
#include <net/if.h>
#include <net/if_arp.h>

#include <cstdint>
#include <set>
#include <string>

#include "relay/program_fixture.hpp"

namespace vipherd::relay::testing {
namespace {

class RelayNetlink : public ::testing::Test {
 protected:
  RelayNetlink() {
    space.shell(
        "ip link set lo up && "
        "ip link add e0 type veth peer name x0 && ip link set e0 mtu 1400 up && "
        "ip link set x0 up && ip link add e1 type veth peer name x1 && ip link set e1 up && "
        "ip link set x1 up && ip addr add 192.0.2.1/24 dev e0 && "
        "ip addr add 198.51.100.1/24 dev e1 && ip addr add fd00::1/64 dev e0 nodad && "
        "ip addr add fd01::1/64 dev e1 nodad");
  }
  static Hop hop(const std::string& interface, const char* gateway) {
    return {::if_nametoindex(interface.c_str()), address(gateway)};
  }
  static Hop found(const char* to, const char* from) {
    return hop_towards(address(to), address(from)).value();
  }
  static std::string refusal(const char* to, const char* from) {
    const auto hop = hop_towards(address(to), address(from));
    return hop ? "a hop by " + hop->gateway.to_string() : hop.error().what;
  }

  kernel::testing::NetNamespace space;
};

TEST_F(RelayNetlink, ASiblingOnTheLink) {
  EXPECT_EQ(found("192.0.2.2", "192.0.2.1"), hop("e0", "192.0.2.2"));
  EXPECT_EQ(found("fd00::2", "fd00::1"), hop("e0", "fd00::2"));
}

TEST_F(RelayNetlink, ASiblingBehindARouter) {
  space.shell("ip route add 203.0.113.0/24 via 192.0.2.254 && ip route add fd02::/64 via fd00::fe");
  EXPECT_EQ(found("203.0.113.7", "192.0.2.1"), hop("e0", "192.0.2.254"));
  EXPECT_EQ(found("fd02::7", "fd00::1"), hop("e0", "fd00::fe"));
}

TEST_F(RelayNetlink, ARouterOfIpv6ForIpv4) {
  space.shell("ip route add 203.0.113.0/24 via inet6 fe80::fe dev e0");
  EXPECT_EQ(found("203.0.113.7", "192.0.2.1"), hop("e0", "fe80::fe"));
}

TEST_F(RelayNetlink, OfSeveralRoutersTheOneThatIsTaken) {
  space.shell(
      "ip route add 203.0.113.0/24 nexthop via 192.0.2.254 nexthop via 198.51.100.254 && "
      "ip route add fd02::/64 nexthop via fd00::fe nexthop via fd01::fe");
  const Hop four = found("203.0.113.7", "192.0.2.1");
  EXPECT_TRUE(four == hop("e0", "192.0.2.254") || four == hop("e1", "198.51.100.254"))
      << four.gateway.to_string();
  const Hop six = found("fd02::7", "fd00::1");
  EXPECT_TRUE(six == hop("e0", "fd00::fe") || six == hop("e1", "fd01::fe"))
      << six.gateway.to_string();
}

TEST_F(RelayNetlink, ARuleMayDependOnTheSource) {
  space.shell(
      "ip route add 203.0.113.0/24 via 192.0.2.254 && "
      "ip route add 203.0.113.0/24 via 198.51.100.254 table 100 && "
      "ip rule add from 198.51.100.1 lookup 100");
  EXPECT_EQ(found("203.0.113.7", "192.0.2.1"), hop("e0", "192.0.2.254"));
  EXPECT_EQ(found("203.0.113.7", "198.51.100.1"), hop("e1", "198.51.100.254"));
}

TEST_F(RelayNetlink, NoRoute) {
  EXPECT_EQ(refusal("203.0.113.7", "192.0.2.1"),
            "no route to sibling 203.0.113.7: Network is unreachable");
  EXPECT_EQ(refusal("fd02::7", "fd00::1"), "no route to sibling fd02::7: Network is unreachable");
  space.shell("ip route add blackhole 203.0.113.0/24");
  EXPECT_EQ(refusal("203.0.113.7", "192.0.2.1"),
            "no route to sibling 203.0.113.7: Invalid argument");
  EXPECT_EQ(refusal("192.0.2.1", "192.0.2.1"),
            "no route to sibling 192.0.2.1: it is an address of this node");
  EXPECT_EQ(refusal("fd00::1", "fd00::1"),
            "no route to sibling fd00::1: it is an address of this node");
}

TEST_F(RelayNetlink, WhatAnInterfaceIs) {
  const auto ethernet = read_link(::if_nametoindex("e0")).value();
  EXPECT_EQ(ethernet.name, "e0");
  EXPECT_EQ(ethernet.hardware, ARPHRD_ETHER);
  EXPECT_EQ(ethernet.mtu, 1400u);
  EXPECT_EQ(read_link(::if_nametoindex("lo")).value().hardware, ARPHRD_LOOPBACK);
  EXPECT_EQ(read_link(4711).error().what, "asking for interface 4711: No such device");
}

TEST_F(RelayNetlink, FiltersOfOneDirection) {
  const unsigned e0 = ::if_nametoindex("e0");
  EXPECT_TRUE(read_filters(e0, Direction::ingress).value().empty());
  space.shell(
      "tc qdisc add dev e0 clsact && "
      "tc filter add dev e0 ingress prio 7 protocol all bpf bytecode '1,6 0 0 0,'");
  const auto ingress = read_filters(e0, Direction::ingress).value();
  ASSERT_FALSE(ingress.empty());
  EXPECT_EQ(ingress.back().priority, 7u);
  EXPECT_EQ(ingress.back().kind, "bpf");
  EXPECT_EQ(ingress.back().program, "");
  EXPECT_TRUE(read_filters(e0, Direction::egress).value().empty());
}

/// More than fit into one datagram.
TEST_F(RelayNetlink, ManyFiltersAreAllRead) {
  constexpr std::size_t kFilters = 600;
  space.shell(
      "tc qdisc add dev e0 clsact && for n in $(seq 600); do echo filter add dev e0 ingress "
      "prio $n protocol all bpf bytecode \\'1,6 0 0 0,\\'; done | tc -batch -");
  const auto filters = read_filters(::if_nametoindex("e0"), Direction::ingress).value();
  std::set<std::uint32_t> priorities;
  for (const auto& filter : filters) priorities.insert(filter.priority);
  EXPECT_EQ(priorities.size(), kFilters);
}

}  // namespace
}  // namespace vipherd::relay::testing
