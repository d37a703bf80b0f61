#include "agent/relay/uplinks.hpp"

#include <gmock/gmock.h>
#include <net/if.h>
#include <net/if_arp.h>

namespace vipherd::agent {
namespace {

using testing::ElementsAre;

kernel::InterfaceState ethernet(const std::string& name) {
  kernel::InterfaceState interface;
  interface.link.name = name;
  interface.link.flags = IFF_UP | IFF_BROADCAST;
  interface.link.hardware = ARPHRD_ETHER;
  interface.addresses.emplace_back();
  return interface;
}

TEST(RelayUplinks, AreTheEthernetInterfacesByWhichPacketsCome) {
  std::vector<kernel::InterfaceState> all;
  for (const char* name : {"eth0", "down", "bare", "port", "vrf", "dummy0", "wg0", "bond0"}) {
    all.push_back(ethernet(name));
  }
  all[1].link.flags = IFF_BROADCAST;
  all[2].addresses.clear();
  all[3].link.master = 9;
  all[4].link.vrf_table = 1000;
  all[5].link.flags |= IFF_NOARP;
  all[6].link.hardware = ARPHRD_NONE;
  EXPECT_THAT(uplinks_among(all), ElementsAre("eth0", "bond0"));
}

}  // namespace
}  // namespace vipherd::agent
