// What is known of the kernel's table local: which VIPs are local, and by whose doing.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "kernel/vip_table.hpp"

namespace vipherd::kernel {

class LocalTable final : public VipTable {
 public:
  /// Routes with `route_protocol` on the interface `loopback` are ours.
  LocalTable(std::uint8_t route_protocol, std::uint32_t loopback)
      : route_protocol_(route_protocol), loopback_(loopback) {}

  void forget() override { vips_.clear(); }

  std::span<const int> groups() const override;
  wire::rtnetlink::Bytes encode_dump_request(Family family, std::uint32_t sequence) const override;
  void append_attach(wire::rtnetlink::Bytes& out, const IpAddress& vip,
                     std::uint32_t sequence) const override;
  void append_detach(wire::rtnetlink::Bytes& out, const IpAddress& vip,
                     std::uint32_t sequence) const override;
  int gone_error() const override;
  std::string_view noun() const override { return "local route"; }

  std::optional<Duration> lease() const override { return std::nullopt; }
  /// There is none: a route stays.
  void append_renewal(wire::rtnetlink::Bytes& out, const IpAddress& vip,
                      std::uint32_t sequence) const override;
  bool detach_is_blind() const override { return false; }

  /// A local host route, ours or of a VIP of interest; apply() ignores all others.
  bool concerns(const wire::rtnetlink::RouteMessage& route) const;
  std::optional<model::KernelVip> apply(const wire::rtnetlink::Body& body) override;
  /// A message may replace a route that we have counted, and does not say which.
  std::string doubt_after(const wire::rtnetlink::Body& body) const override;
  bool depends_on(std::uint32_t interface) const override;
  model::KernelRoute state_of(const IpAddress& vip) const override;
  std::vector<model::KernelVip> snapshot() const override;

 private:
  struct Foreign {
    std::uint8_t protocol;
    std::uint32_t oif;
    std::uint32_t priority;
    friend auto operator<=>(const Foreign&, const Foreign&) = default;
  };
  /// Ours and foreign ones live side by side: an address on lo adds the kernel's own route
  /// beside ours, and removing either leaves the other.
  struct Routes {
    std::set<std::uint32_t> ours;  ///< priorities: nearly always one
    std::set<Foreign> foreign;
    model::KernelRoute state() const;
  };

  bool is_ours(const wire::rtnetlink::RouteMessage& route) const;

  std::uint8_t route_protocol_;
  std::uint32_t loopback_;
  std::map<IpAddress, Routes> vips_;  ///< only those present
};

}  // namespace vipherd::kernel
