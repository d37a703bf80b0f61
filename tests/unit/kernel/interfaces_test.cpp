// Against the kernel, in a network namespace of its own.
#include "vipherd/kernel/interfaces.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "unit/kernel/net_namespace.hpp"

namespace vipherd::kernel {
namespace {

void add_links() {
  for (const std::string name : {"eth0", "eth1"}) {
    testing::NetNamespace::shell("ip link add " + name + " type veth peer name far-" + name +
                                 " && ip link set " + name + " up && ip link set far-" + name +
                                 " up");
  }
  testing::NetNamespace::shell(
      "ip address add 192.168.1.5/24 dev eth0 && ip address add 192.168.2.5/24 dev eth1");
}

InterfaceState one(const std::string& name) {
  const auto read = read_interfaces();
  EXPECT_TRUE(read) << read.error().what;
  const auto found = std::ranges::find_if(
      *read, [&](const InterfaceState& interface) { return interface.link.name == name; });
  EXPECT_NE(found, read->end()) << name;
  return *found;
}

TEST(Interfaces, HaveTheirAddresses) {
  const testing::NetNamespace network;
  add_links();
  const InterfaceState eth0 = one("eth0");
  ASSERT_EQ(eth0.addresses.size(), 2u);  // and a link-local one
  EXPECT_EQ(eth0.addresses[0].local.to_string(), "192.168.1.5/24");
  EXPECT_EQ(eth0.default_v4, false);
  EXPECT_EQ(eth0.vrf, "");
}

TEST(Interfaces, WhereTheDefaultRouteLeaves) {
  const testing::NetNamespace network;
  add_links();
  network.shell("ip route add default via 192.168.1.1");
  EXPECT_EQ(one("eth0").default_v4, true);
  EXPECT_EQ(one("eth1").default_v4, false);
  network.shell("ip route replace default nexthop via 192.168.1.1 nexthop via 192.168.2.1");
  EXPECT_EQ(one("eth0").default_v4, true);
  EXPECT_EQ(one("eth1").default_v4, true);
}

TEST(Interfaces, WhichWayTheDefaultRouteLeavesCannotBeTold) {
  const testing::NetNamespace network;
  add_links();
  network.shell("ip route add default nexthop via 192.168.1.1 nexthop via inet6 fe80::1 dev eth1");
  EXPECT_EQ(one("eth0").default_v4, true);
  EXPECT_EQ(one("eth1").default_v4, std::nullopt);
}

}  // namespace
}  // namespace vipherd::kernel
