#include "kernel/vips/vip_table.hpp"

#include <set>
#include <string>
#include <utility>

#include "kernel/vips/lo_addresses.hpp"
#include "kernel/vips/local_table.hpp"

namespace vipherd::kernel {

void VipTable::set_interest(Attacher::Interest interest) {
  interest_ = std::move(interest);
  std::set<std::string> used;
  for (const auto& [vip, vrf] : interest_) {
    if (!vrf.empty()) used.insert(vrf);
  }
  vrfs_.use(std::move(used));
}

std::optional<VrfDevices::Interface> VipTable::interface_of(const IpAddress& vip) const {
  const auto found = interest_.find(vip);
  return vrfs_.interface_in(found == interest_.end() ? "" : found->second);
}

Error VipTable::no_vrf(const IpAddress& vip) const {
  return fail("there is no VRF device " + interest_.at(vip));
}

std::unique_ptr<VipTable> make_table(const Method& method, std::uint32_t loopback) {
  switch (method.kind) {
    case Method::Kind::local_routes:
      return std::make_unique<LocalTable>(method.protocol, loopback);
    case Method::Kind::lo_addresses:
      return std::make_unique<LoAddresses>(method.protocol, loopback, method.lease,
                                           kernel_marks_addresses());
  }
  return nullptr;
}

}  // namespace vipherd::kernel
