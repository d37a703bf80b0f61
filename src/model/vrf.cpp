#include "vipherd/model/vrf.hpp"

namespace vipherd::model {

const std::string& vrf_of(const Vrfs& vrfs, const IpAddress& vip) {
  static const std::string kDefault;
  const auto found = vrfs.find(vip);
  return found == vrfs.end() ? kDefault : found->second;
}

void keep_vrf(Vrfs& vrfs, const IpAddress& vip, const std::string& vrf) {
  if (vrf.empty()) {
    vrfs.erase(vip);
  } else {
    vrfs.insert_or_assign(vip, vrf);
  }
}

}  // namespace vipherd::model
