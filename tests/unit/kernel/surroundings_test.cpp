// Against the kernel, in a network namespace of its own.
#include "vipherd/kernel/surroundings.hpp"

#include <gmock/gmock.h>

#include "unit/kernel/net_namespace.hpp"

namespace vipherd::kernel {
namespace {

using model::Neighbourhood;
using ::testing::UnorderedElementsAre;
using Kind = Neighbourhood::Kind;

Neighbourhood entry(Kind kind, const char* address, std::uint8_t length, const char* interface) {
  return {kind, {IpAddress::parse(address).value(), length}, interface, ""};
}

TEST(Surroundings, AreTheNodesAddressesAndGateways) {
  const testing::NetNamespace network;
  network.shell(
      "ip link add eth0 type veth peer name far && ip link set eth0 up && "
      "ip link set far up");
  network.shell(
      "ip address add 192.168.1.5/24 dev eth0 && "
      "ip address add 192.168.7.1 peer 192.168.7.2/32 dev eth0 && "
      "ip -6 address add 2001:db8:1::5/64 dev eth0 nodad");
  // Where VIPs lie that others have put there, and what is good for its link alone.
  network.shell("ip address add 10.10.10.10/32 dev lo");
  // Not every kernel has these.
  network.shell(
      "ip link add any type dummy && ip link set any up && "
      "ip address add 10.10.10.11/32 dev any || true");
  network.shell(
      "ip route add default nexthop via 192.168.1.1 dev eth0 "
      "nexthop via 192.168.1.2 dev eth0 && "
      "ip -6 route add default via 2001:db8:1::1 dev eth0");
  const auto read = read_surroundings();
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_THAT(
      *read,
      UnorderedElementsAre(
          entry(Kind::own, "192.168.1.5", 24, "eth0"), entry(Kind::own, "192.168.7.1", 32, "eth0"),
          entry(Kind::own, "2001:db8:1::5", 64, "eth0"),
          ::testing::Field(&Neighbourhood::prefix, IpPrefix::parse("192.168.1.1").value()),
          ::testing::Field(&Neighbourhood::prefix, IpPrefix::parse("192.168.1.2").value()),
          entry(Kind::gateway, "2001:db8:1::1", 128, "eth0")));
}

TEST(Surroundings, AreNoneWhereThereIsNothing) {
  const testing::NetNamespace network;
  const auto read = read_surroundings();
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_TRUE(read->empty());
}

}  // namespace
}  // namespace vipherd::kernel
