// Where VIPs live besides the default VRF. The core knows nothing of VRFs: a VIP is unique on a
// node, and the rooms that speak to the kernel and to FRR look up here where it belongs.
#pragma once

#include <map>
#include <string>

#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/model/config.hpp"

namespace vipherd::model {

/// The VRF (the name of its device) of each VIP that is not in the default one.
using Vrfs = std::map<IpAddress, std::string>;

Vrfs vrfs_of(const Config& config);
/// "" is the default VRF.
const std::string& vrf_of(const Vrfs& vrfs, const IpAddress& vip);

}  // namespace vipherd::model
