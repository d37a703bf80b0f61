#include "kernel/lo_addresses.hpp"

#include <linux/rtnetlink.h>
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
    : protocol_(protocol),
      loopback_(loopback),
      lease_(std::chrono::ceil<std::chrono::seconds>(lease)),
      marked_(marked),
      label_("lo:vh" + std::to_string(protocol)) {}

std::span<const int> LoAddresses::groups() const {
  static constexpr std::array<int, 2> kGroups{RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR};
  return kGroups;
}

wire::rtnetlink::Bytes LoAddresses::encode_dump_request(Family family,
                                                        std::uint32_t sequence) const {
  return wire::rtnetlink::encode_address_dump_request(family, sequence);
}

wire::rtnetlink::LeasedAddress LoAddresses::make(const IpAddress& vip) const {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(lease_).count();
  return {vip, protocol_, loopback_, label_, static_cast<std::uint32_t>(seconds)};
}

void LoAddresses::append_attach(wire::rtnetlink::Bytes& out, const IpAddress& vip,
                                std::uint32_t sequence) const {
  wire::rtnetlink::append_new_address(out, make(vip), sequence);
}

void LoAddresses::append_detach(wire::rtnetlink::Bytes& out, const IpAddress& vip,
                                std::uint32_t sequence) const {
  wire::rtnetlink::append_delete_address(out, make(vip), sequence);
}

void LoAddresses::append_renewal(wire::rtnetlink::Bytes& out, const IpAddress& vip,
                                 std::uint32_t sequence) const {
  wire::rtnetlink::append_renewal(out, make(vip), sequence);
}

int LoAddresses::gone_error() const { return EADDRNOTAVAIL; }

KernelRoute LoAddresses::Holders::state() const {
  // Ours is named first: it is what detaching removes, whatever else keeps the VIP local.
  if (ours) return KernelRoute::ours;
  return foreign.empty() ? KernelRoute::absent : KernelRoute::foreign;
}

bool LoAddresses::is_ours(const AddressMessage& address) const {
  if (address.index != loopback_) return false;
  if (marked_) return address.protocol == protocol_;
  if (address.local.address.is_v4()) return address.label == label_;
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
  const KernelRoute before = holders.state();
  if (address->index == loopback_) {
    // An interface has an address once: what is said last is all there is. The mark may change
    // hands without a removal in between.
    holders.ours = ours && !address->removed;
    holders.foreign.erase(loopback_);
  }
  if (!ours) {
    address->removed ? static_cast<void>(holders.foreign.erase(address->index))
                     : static_cast<void>(holders.foreign.insert(address->index));
  }
  const KernelRoute after = holders.state();
  if (after == KernelRoute::absent) vips_.erase(vip);
  if (after == before) return std::nullopt;
  return KernelVip{vip, after};
}

KernelRoute LoAddresses::state_of(const IpAddress& vip) const {
  const auto found = vips_.find(vip);
  return found == vips_.end() ? KernelRoute::absent : found->second.state();
}

std::vector<KernelVip> LoAddresses::snapshot() const {
  std::vector<KernelVip> all;
  all.reserve(vips_.size());
  for (const auto& [vip, holders] : vips_) all.push_back({vip, holders.state()});
  return all;
}

}  // namespace vipherd::kernel
