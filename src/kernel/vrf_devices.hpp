// Where each VIP has to be made local: on lo, or on the device of its VRF. Fed with what is
// configured and with the kernel's messages about links; owns no socket, never asks.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/model/vrf.hpp"
#include "vipherd/wire/rtnetlink.hpp"

namespace vipherd::kernel {

class VrfDevices {
 public:
  struct Home {
    std::string device;
    std::uint32_t index = 0;
    std::uint32_t table = wire::rtnetlink::kTableLocal;
    bool is_vrf = false;
    friend bool operator==(const Home&, const Home&) = default;
  };

  /// `loopback` is the index of lo.
  explicit VrfDevices(std::uint32_t loopback) : loopback_(loopback) {}

  void place(model::Vrfs vrfs) { vrfs_ = std::move(vrfs); }
  bool any_placed() const { return !vrfs_.empty(); }
  const std::string& vrf_of(const IpAddress& vip) const { return model::vrf_of(vrfs_, vip); }

  void forget() { devices_.clear(); }
  /// Returns the name of the VRF of a VIP that came, went or is another device now; else "".
  std::string apply(const wire::rtnetlink::LinkMessage& link);

  /// Nothing while the VIP's VRF does not exist.
  std::optional<Home> home_of(const IpAddress& vip) const;
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
  bool is_used(const std::string& name) const;

  std::uint32_t loopback_;
  model::Vrfs vrfs_;
  std::map<std::uint32_t, Device> devices_;  ///< by index
};

}  // namespace vipherd::kernel
