#include "kernel/vips/vrf_devices.hpp"

#include <net/if.h>

#include <set>

namespace vipherd::kernel {

std::string VrfDevices::apply(const wire::rtnetlink::LinkMessage& link) {
  std::optional<Device> before;
  if (const auto known = devices_.find(link.index); known != devices_.end()) {
    before = known->second;
  }
  std::optional<Device> after;
  if (!link.removed && link.vrf_table != 0) {
    after = Device{link.name, link.vrf_table, (link.flags & IFF_UP) != 0};
  }
  if (before == after) return {};
  devices_.erase(link.index);
  if (after) devices_.emplace(link.index, *after);
  if (after && used_.contains(after->name)) return after->name;
  return before && used_.contains(before->name) ? before->name : std::string();
}

std::optional<VrfDevices::Interface> VrfDevices::interface_in(const std::string& name) const {
  if (name.empty()) return Interface{"lo", loopback_, wire::rtnetlink::kTableLocal, false};
  for (const auto& [index, device] : devices_) {
    if (device.name == name) return Interface{name, index, device.table, true};
  }
  return std::nullopt;
}

std::optional<std::uint32_t> VrfDevices::table_of(std::uint32_t index) const {
  const auto found = devices_.find(index);
  if (found == devices_.end()) return std::nullopt;
  return found->second.table;
}

std::vector<std::uint32_t> VrfDevices::tables() const {
  std::set<std::uint32_t> tables;
  for (const auto& [index, device] : devices_) tables.insert(device.table);
  return {tables.begin(), tables.end()};
}

}  // namespace vipherd::kernel
