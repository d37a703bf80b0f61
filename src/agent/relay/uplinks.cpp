#include "agent/relay/uplinks.hpp"

#include <net/if.h>
#include <net/if_arp.h>

namespace vipherd::agent {

std::vector<std::string> uplinks_among(const std::vector<kernel::InterfaceState>& interfaces) {
  std::vector<std::string> uplinks;
  for (const kernel::InterfaceState& interface : interfaces) {
    const auto& link = interface.link;
    // A dummy is Ethernet as well, but asks for no neighbour.
    const bool carries = (link.flags & IFF_UP) != 0 && (link.flags & IFF_NOARP) == 0;
    if (link.hardware == ARPHRD_ETHER && carries && link.master == 0 && link.vrf_table == 0 &&
        !interface.addresses.empty()) {
      uplinks.push_back(link.name);
    }
  }
  return uplinks;
}

}  // namespace vipherd::agent
