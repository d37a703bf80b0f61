#include "vipherd/model/vrf.hpp"

namespace vipherd::model {

Vrfs vrfs_of(const Config& config) {
  Vrfs vrfs;
  for (const ServiceConfig& service : config.services) {
    if (service.vrf.empty()) continue;
    for (const IpAddress& vip : service.vips) vrfs[vip] = service.vrf;
  }
  return vrfs;
}

const std::string& vrf_of(const Vrfs& vrfs, const IpAddress& vip) {
  static const std::string kDefault;
  const auto found = vrfs.find(vip);
  return found == vrfs.end() ? kDefault : found->second;
}

}  // namespace vipherd::model
