#include "probe/local_address.hpp"

#include <gtest/gtest.h>

#include "unit/kernel/net_namespace.hpp"

namespace vipherd::probe {
namespace {

bool is_local(const char* text) { return is_local_address(IpAddress::parse(text).value()); }

TEST(LocalAddress, IsOneThatPacketsAreDeliveredTo) {
  const kernel::testing::NetNamespace network;
  network.shell(
      "ip link add d0 type veth peer name d1 && ip link set d0 up && "
      "ip address add 192.0.2.1/24 dev d0 && ip address add 2001:db8::1/64 dev d0 nodad && "
      "ip route add local 10.10.10.10/32 dev lo && "
      "ip route add local 2001:db8:10::10/128 dev lo && "
      "ip route add blackhole 10.10.10.11/32");
  for (const char* here : {"127.0.0.1", "127.1.2.3", "192.0.2.1", "10.10.10.10", "::1",
                           "2001:db8::1", "2001:db8:10::10"}) {
    EXPECT_TRUE(is_local(here)) << here;
  }
  for (const char* elsewhere :
       {"192.0.2.2", "10.10.10.11", "10.10.10.12", "2001:db8::2", "2001:db8:10::11"}) {
    EXPECT_FALSE(is_local(elsewhere)) << elsewhere;
  }
}

}  // namespace
}  // namespace vipherd::probe
