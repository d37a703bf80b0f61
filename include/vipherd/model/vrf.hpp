// The VRFs of VIPs: the core's actions name them, and what has to find a VIP's again later keeps it
// in such a map. A VIP is unique on a node, and is in one VRF as long as it is configured.
#pragma once

#include <map>
#include <string>

#include "vipherd/base/ip_prefix.hpp"

namespace vipherd::model {

/// The VRF (the name of its device) of each VIP that is not in the default one.
using Vrfs = std::map<IpAddress, std::string>;

/// "" is the default VRF.
const std::string& vrf_of(const Vrfs& vrfs, const IpAddress& vip);
void keep_vrf(Vrfs& vrfs, const IpAddress& vip, const std::string& vrf);

}  // namespace vipherd::model
