// What is known of the kernel's local routes: which VIPs are local, and by whose doing.
//
// A VIP of the default VRF is a route on lo in table local. A VRF has no table local: there it is a
// route on the VRF's device in the VRF's table, before zebra's of metric 20. IPv4 needs one in
// table local besides, on the same device: the kernel sends from no other address (__ip_dev_find).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "kernel/vips/vip_table.hpp"

namespace vipherd::kernel {

class LocalTable final : public VipTable {
 public:
  /// Routes with `route_protocol` on the interface `loopback` are ours.
  LocalTable(std::uint8_t route_protocol, std::uint32_t loopback)
      : VipTable(loopback), route_protocol_(route_protocol), loopback_(loopback) {}

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
  std::string_view object_name() const override { return "local route"; }

  std::optional<Duration> lease() const override { return std::nullopt; }
  /// There is none: a route stays.
  std::size_t append_renewal(wire::rtnetlink::Bytes& out, const IpAddress& vip,
                             std::uint32_t sequence) const override;
  bool detach_is_blind() const override { return false; }

  /// A local host route, ours or of a VIP of interest; apply() ignores all others.
  bool concerns(const wire::rtnetlink::RouteMessage& route) const;
  std::optional<model::KernelVip> apply(const wire::rtnetlink::Body& body) override;
  /// A message may replace a route that we have counted, and does not say which.
  std::string resync_reason(const wire::rtnetlink::Body& body) const override;
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
  struct Place {
    std::uint32_t table;
    std::uint32_t oif;
    friend auto operator<=>(const Place&, const Place&) = default;
  };
  /// Ours and foreign ones live side by side: an address on lo adds the kernel's own route
  /// beside ours, and removing either leaves the other.
  struct Routes {
    std::map<Place, std::set<std::uint32_t>> ours;  ///< priorities: nearly always one
    std::set<Foreign> foreign;
  };

  /// Where a route of ours has to be, for the VIP to be attached; none while there is no such VRF.
  std::set<Place> places_of(const IpAddress& vip) const;
  std::set<Place> held(const IpAddress& vip) const;
  model::KernelRoute evaluate(const IpAddress& vip, const Routes& routes) const;
  wire::rtnetlink::LocalRoute make(const IpAddress& vip, const Place& place) const;
  bool is_ours(const wire::rtnetlink::RouteMessage& route) const;
  bool is_foreign(const wire::rtnetlink::RouteMessage& route) const;

  std::uint8_t route_protocol_;
  std::uint32_t loopback_;
  std::map<IpAddress, Routes> vips_;  ///< only those present
};

}  // namespace vipherd::kernel
