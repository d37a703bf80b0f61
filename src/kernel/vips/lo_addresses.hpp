// What is known of the addresses of this node: which VIPs are addresses, and by whose doing.
//
// Ours are /32 and /128 on lo, or on the VRF's device, with our number as IFA_PROTO. Kernels before
// 5.18 do not know that attribute: there an IPv4 address is ours by its label, and an IPv6 address,
// which has none, by what no other program would combine: /128 there, deprecated from the
// beginning, and with a lease.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "kernel/vips/vip_table.hpp"

namespace vipherd::kernel {

/// Whether the running kernel keeps IFA_PROTO (Linux 5.18).
bool kernel_marks_addresses();

class LoAddresses final : public VipTable {
 public:
  /// `marked`: kernel_marks_addresses().
  LoAddresses(std::uint8_t protocol, std::uint32_t loopback, Duration lease, bool marked);

  void forget() override { vips_.clear(); }

  std::span<const int> groups() const override;
  std::vector<Part> parts() const override;
  wire::rtnetlink::Bytes encode_dump_request(const Part& part,
                                             std::uint32_t sequence) const override;
  Result<std::size_t> append_attach(wire::rtnetlink::Bytes& out, const IpAddress& vip,
                                    std::uint32_t sequence) const override;
  std::size_t append_detach(wire::rtnetlink::Bytes& out, const IpAddress& vip,
                            std::uint32_t sequence) const override;
  int gone_error() const override;
  std::string_view object_name() const override { return "address"; }

  std::optional<Duration> lease() const override { return lease_; }
  std::size_t append_renewal(wire::rtnetlink::Bytes& out, const IpAddress& vip,
                             std::uint32_t sequence) const override;
  /// The kernel looks for an IPv6 address by nothing but the address.
  bool detach_is_blind() const override { return true; }

  std::optional<model::KernelVip> apply(const wire::rtnetlink::Body& body) override;
  std::string resync_reason(const wire::rtnetlink::Body&) const override { return {}; }
  /// The kernel reports each address that goes with its interface.
  bool depends_on(std::uint32_t) const override { return false; }
  model::KernelRoute state_of(const IpAddress& vip) const override;
  std::vector<model::KernelVip> snapshot() const override;

 private:
  struct Holders {
    std::map<std::uint32_t, std::string> ours;  ///< interface and label
    std::set<std::uint32_t> foreign;  ///< the interfaces that hold it as another program's
  };

  bool is_ours(const wire::rtnetlink::AddressMessage& address) const;
  bool may_hold_ours(std::uint32_t interface) const;
  /// Whether an address of this interface makes the VIP local where it belongs.
  bool serves(std::uint32_t interface, const IpAddress& vip) const;
  model::KernelRoute evaluate(const IpAddress& vip, const Holders& holders) const;
  bool is_our_label(const std::string& label) const;
  wire::rtnetlink::LeasedAddress make(const IpAddress& vip,
                                      const VrfDevices::Interface& home) const;
  wire::rtnetlink::LeasedAddress make(const IpAddress& vip, std::uint32_t interface,
                                      std::string label) const;

  std::uint8_t protocol_;
  std::uint32_t loopback_;
  Duration lease_;
  bool marked_;
  std::string label_end_;
  std::map<IpAddress, Holders> vips_;  ///< only those present
};

}  // namespace vipherd::kernel
