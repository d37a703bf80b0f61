// Which service each VIP of the node belongs to: what tells a check that would ask a VIP, and with
// it whichever node has that VIP at the moment, from one that asks this node. A plain value.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/model/config.hpp"

namespace vipherd::model {

class VipOwners {
 public:
  VipOwners() = default;
  explicit VipOwners(const std::vector<ServiceConfig>& services) {
    for (const ServiceConfig& service : services) {
      for (const IpAddress& vip : service.vips) {
        owners_.insert_or_assign(
            vip, Owner{service.name, service.vrf, service.attach == AttachPolicy::always});
      }
    }
  }

  /// Whether another node may answer, when a check of `service` connects to `address` from `vrf`
  /// (empty: the default one): it is a VIP of that VRF, however it is spelled, but not one of the
  /// service itself that is here at all times.
  bool may_be_elsewhere(const IpAddress& address, const std::string& service,
                        const std::string& vrf) const {
    const Owner* owner = find(address, vrf);
    return owner != nullptr && !(owner->always && owner->service == service);
  }
  /// The service whose VIP `address` is in that VRF; null if it is none.
  const std::string* service_of(const IpAddress& address, const std::string& vrf) const {
    const Owner* owner = find(address, vrf);
    return owner == nullptr ? nullptr : &owner->service;
  }

 private:
  struct Owner {
    std::string service;
    std::string vrf;
    bool always = false;
  };
  const Owner* find(const IpAddress& address, const std::string& vrf) const {
    const auto found = owners_.find(address.unmapped());
    return found == owners_.end() || found->second.vrf != vrf ? nullptr : &found->second;
  }
  std::map<IpAddress, Owner> owners_;
};

}  // namespace vipherd::model
