#include "kernel/vip_table.hpp"

#include "kernel/lo_addresses.hpp"
#include "kernel/local_table.hpp"

namespace vipherd::kernel {

Error VipTable::no_vrf(const IpAddress& vip) const {
  return fail("there is no VRF device " + vrfs_.vrf_of(vip));
}

std::unique_ptr<VipTable> make_table(const Means& means, std::uint32_t loopback) {
  switch (means.kind) {
    case Means::Kind::local_routes:
      return std::make_unique<LocalTable>(means.protocol, loopback);
    case Means::Kind::lo_addresses:
      return std::make_unique<LoAddresses>(means.protocol, loopback, means.lease,
                                           kernel_marks_addresses());
  }
  return nullptr;
}

}  // namespace vipherd::kernel
