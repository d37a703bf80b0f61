// Where the VIPs of a VRF have to be made local: on lo, or on the VRF's device. Fed with the
// kernel's messages about links; owns no socket, never asks.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "vipherd/wire/netlink/rtnetlink.hpp"

namespace vipherd::kernel {

class VrfDevices {
 public:
  struct Interface {
    std::string device;
    std::uint32_t index = 0;
    std::uint32_t table = wire::rtnetlink::kTableLocal;
    bool is_vrf = false;
    friend bool operator==(const Interface&, const Interface&) = default;
  };

  /// `loopback` is the index of lo.
  explicit VrfDevices(std::uint32_t loopback) : loopback_(loopback) {}

  /// VIPs are in these, besides the default one.
  void use(std::set<std::string> vrfs) { used_ = std::move(vrfs); }
  bool is_any_used() const { return !used_.empty(); }

  void forget() { devices_.clear(); }
  /// Returns the name of a VRF in use that came, went or is another device now; else "".
  std::string apply(const wire::rtnetlink::LinkMessage& link);

  /// Nothing while there is no such VRF; "" is the default one.
  std::optional<Interface> interface_in(const std::string& vrf) const;
  /// Of a VRF, whether a VIP is in it or not.
  std::optional<std::uint32_t> table_of(std::uint32_t index) const;
  bool is_vrf(std::uint32_t index) const { return devices_.contains(index); }
  /// Those of all VRFs that exist, each once.
  std::vector<std::uint32_t> tables() const;

 private:
  struct Device {
    std::string name;
    std::uint32_t table;
    bool up;
    friend bool operator==(const Device&, const Device&) = default;
  };
  std::uint32_t loopback_;
  std::set<std::string> used_;
  std::map<std::uint32_t, Device> devices_;  ///< by index
};

}  // namespace vipherd::kernel
