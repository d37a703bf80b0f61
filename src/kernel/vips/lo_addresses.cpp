#include "kernel/vips/lo_addresses.hpp"

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/utsname.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <utility>

namespace vipherd::kernel {

using model::KernelRoute;
using model::KernelVip;
using wire::rtnetlink::AddressMessage;

namespace {
constexpr std::uint32_t kForEver = 0xffffffff;
}  // namespace

bool kernel_marks_addresses() {
  utsname name{};
  unsigned major = 0;
  unsigned minor = 0;
  if (::uname(&name) != 0) return true;
  if (std::sscanf(name.release, "%u.%u", &major, &minor) != 2) return true;
  return std::pair(major, minor) >= std::pair(5U, 18U);
}

LoAddresses::LoAddresses(std::uint8_t protocol, std::uint32_t loopback, Duration lease, bool marked)
    : VipTable(loopback),
      protocol_(protocol),
      loopback_(loopback),
      lease_(std::chrono::ceil<std::chrono::seconds>(lease)),
      marked_(marked),
      label_end_(":vh" + std::to_string(protocol)) {}

std::span<const int> LoAddresses::groups() const {
  static constexpr std::array<int, 2> kGroups{RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR};
  return kGroups;
}

std::vector<VipTable::Part> LoAddresses::parts() const {
  return {{.family = Family::ipv4}, {.family = Family::ipv6}};
}

wire::rtnetlink::Bytes LoAddresses::encode_dump_request(const Part& part,
                                                        std::uint32_t sequence) const {
  return wire::rtnetlink::encode_address_dump_request(part.family, sequence);
}

wire::rtnetlink::LeasedAddress LoAddresses::make(const IpAddress& vip, std::uint32_t interface,
                                                 std::string label) const {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(lease_).count();
  return {vip, protocol_, interface, std::move(label), static_cast<std::uint32_t>(seconds)};
}

wire::rtnetlink::LeasedAddress LoAddresses::make(const IpAddress& vip,
                                                 const VrfDevices::Interface& home) const {
  // The kernel does not ask for the whole name in a label.
  const std::string label = home.device.substr(0, IFNAMSIZ - 1 - label_end_.size()) + label_end_;
  return make(vip, home.index, label);
}

Result<std::size_t> LoAddresses::append_attach(wire::rtnetlink::Bytes& out, const IpAddress& vip,
                                               std::uint32_t sequence) const {
  const auto home = interface_of(vip);
  if (!home) return no_vrf(vip);
  const std::uint32_t first = sequence;
  if (const auto found = vips_.find(vip); found != vips_.end()) {
    for (const auto& [interface, label] : found->second.ours) {
      if (interface == home->index) continue;
      wire::rtnetlink::append_delete_address(out, make(vip, interface, label), sequence++);
    }
  }
  wire::rtnetlink::append_new_address(out, make(vip, *home), sequence++);
  return sequence - first;
}

std::size_t LoAddresses::append_detach(wire::rtnetlink::Bytes& out, const IpAddress& vip,
                                       std::uint32_t sequence) const {
  const std::uint32_t first = sequence;
  if (const auto found = vips_.find(vip); found != vips_.end()) {
    for (const auto& [interface, label] : found->second.ours) {
      wire::rtnetlink::append_delete_address(out, make(vip, interface, label), sequence++);
    }
  }
  return sequence - first;
}

std::size_t LoAddresses::append_renewal(wire::rtnetlink::Bytes& out, const IpAddress& vip,
                                        std::uint32_t sequence) const {
  // A renewal makes the address where there is none.
  const auto home = interface_of(vip);
  const auto found = vips_.find(vip);
  if (!home || found == vips_.end() || !found->second.ours.contains(home->index)) return 0;
  wire::rtnetlink::append_renewal(out, make(vip, *home), sequence);
  return 1;
}

int LoAddresses::gone_error() const { return EADDRNOTAVAIL; }

bool LoAddresses::may_hold_ours(std::uint32_t interface) const {
  return interface == loopback_ || vrfs().is_vrf(interface);
}

bool LoAddresses::serves(std::uint32_t interface, const IpAddress& vip) const {
  const auto home = interface_of(vip);
  if (!home) return false;
  return home->is_vrf ? interface == home->index : !vrfs().is_vrf(interface);
}

KernelRoute LoAddresses::evaluate(const IpAddress& vip, const Holders& holders) const {
  // Ours is named first: it is what detaching removes, whatever else keeps the VIP local.
  if (!holders.ours.empty()) {
    if (!is_of_interest(vip)) return KernelRoute::ours;
    const auto home = interface_of(vip);
    if (home && holders.ours.contains(home->index)) return KernelRoute::ours;
  }
  return holders.foreign.empty() ? KernelRoute::absent : KernelRoute::foreign;
}

bool LoAddresses::is_our_label(const std::string& label) const {
  return label.ends_with(label_end_);
}

bool LoAddresses::is_ours(const AddressMessage& address) const {
  if (!may_hold_ours(address.index)) return false;
  if (marked_) return address.protocol == protocol_;
  if (address.local.address.is_v4()) return is_our_label(address.label);
  return address.preferred_s == 0 && address.valid_s != kForEver;
}

std::optional<KernelVip> LoAddresses::apply(const wire::rtnetlink::Body& body) {
  const auto* address = std::get_if<AddressMessage>(&body);
  // Only a host address makes a host route that FRR could announce.
  if (address == nullptr || !address->local.is_host_route() || address->has_peer) {
    return std::nullopt;
  }
  const bool ours = is_ours(*address);
  const IpAddress& vip = address->local.address;
  if (!ours && !is_of_interest(vip) && !vips_.contains(vip)) return std::nullopt;
  Holders& holders = vips_[vip];
  const KernelRoute before = evaluate(vip, holders);
  if (may_hold_ours(address->index)) {
    // An interface has an address once: what is said last is all there is. The mark may change
    // hands without a removal in between.
    holders.ours.erase(address->index);
    holders.foreign.erase(address->index);
    if (ours && !address->removed) holders.ours.emplace(address->index, address->label);
  }
  if (!ours && serves(address->index, vip)) {
    address->removed ? static_cast<void>(holders.foreign.erase(address->index))
                     : static_cast<void>(holders.foreign.insert(address->index));
  }
  const KernelRoute after = evaluate(vip, holders);
  if (holders.ours.empty() && holders.foreign.empty()) vips_.erase(vip);
  if (after == before) return std::nullopt;
  return KernelVip{vip, after};
}

KernelRoute LoAddresses::state_of(const IpAddress& vip) const {
  const auto found = vips_.find(vip);
  return found == vips_.end() ? KernelRoute::absent : evaluate(vip, found->second);
}

std::vector<KernelVip> LoAddresses::snapshot() const {
  std::vector<KernelVip> all;
  all.reserve(vips_.size());
  for (const auto& [vip, holders] : vips_) {
    const KernelRoute state = evaluate(vip, holders);
    if (state != KernelRoute::absent) all.push_back({vip, state});
  }
  return all;
}

}  // namespace vipherd::kernel
