// What is known of one kind of kernel object that makes VIPs local, and how the kernel is told to
// make, remove and list it: local routes, or addresses on lo and on the devices of VRFs. Fed with
// rtnetlink messages from a dump and from the monitor; owns no socket, never asks.
//
// Whatever carries our mark and is of no interest, or not where its VIP belongs, is left over, and
// goes when that VIP is detached or attached.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel/vips/vrf_devices.hpp"
#include "vipherd/base/duration.hpp"
#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/base/result.hpp"
#include "vipherd/kernel/attacher.hpp"
#include "vipherd/model/event.hpp"
#include "vipherd/wire/netlink/rtnetlink.hpp"

namespace vipherd::kernel {

/// By what VIPs are made local, and what marks it as ours.
struct Method {
  enum class Kind : std::uint8_t { local_routes, lo_addresses };
  Kind kind = Kind::local_routes;
  std::uint8_t protocol = 0;  ///< rtm_protocol, or IFA_PROTO and part of the label
  Duration lease{};           ///< of addresses: at least a second
};

class VipTable {
 public:
  explicit VipTable(std::uint32_t loopback) : vrfs_(loopback) {}
  virtual ~VipTable() = default;

  /// To be fed with links before parts() is asked for.
  VrfDevices& vrfs() { return vrfs_; }
  const VrfDevices& vrfs() const { return vrfs_; }

  /// From now on these VIPs, each with its VRF, are of interest, and everything of ours.
  void set_interest(Attacher::Interest interest);
  virtual void forget() = 0;

  /// RTNLGRP_* of the changes, besides that of links.
  virtual std::span<const int> groups() const = 0;
  /// What a dump consists of.
  struct Part {
    Family family = Family::ipv4;
    std::uint32_t table = wire::rtnetlink::kTableLocal;  ///< of routes
  };
  virtual std::vector<Part> parts() const = 0;
  virtual wire::rtnetlink::Bytes encode_dump_request(const Part& part,
                                                     std::uint32_t sequence) const = 0;
  /// Both append requests with this sequence number and the following, and return how many: none
  /// where nothing is missing. Attaching also removes what is left over of that VIP elsewhere.
  /// Fails if the VIP's VRF does not exist.
  virtual Result<std::size_t> append_attach(wire::rtnetlink::Bytes& out, const IpAddress& vip,
                                            std::uint32_t sequence) const = 0;
  virtual std::size_t append_detach(wire::rtnetlink::Bytes& out, const IpAddress& vip,
                                    std::uint32_t sequence) const = 0;
  /// The errno of a detach of what is gone already.
  virtual int gone_error() const = 0;
  /// "local route", "address".
  virtual std::string_view object_name() const = 0;

  /// How long the kernel keeps what is attached; nullopt: until it is detached.
  virtual std::optional<Duration> lease() const = 0;
  /// Returns how many requests it appended: none for what is left over elsewhere.
  virtual std::size_t append_renewal(wire::rtnetlink::Bytes& out, const IpAddress& vip,
                                     std::uint32_t sequence) const = 0;
  /// Whether a request to remove ours could hit a foreign one that came in its place: then it is
  /// sent only if what the monitor said last was that it is ours.
  virtual bool detach_is_blind() const = 0;

  /// Takes a message of a dump or of the monitor. Taking the same one twice is harmless.
  /// Returns the VIP's state if the message changed it.
  virtual std::optional<model::KernelVip> apply(const wire::rtnetlink::Body& body) = 0;
  /// Why the kernel has to be asked again after this message; empty: it has not.
  virtual std::string resync_reason(const wire::rtnetlink::Body& body) const = 0;
  /// True if a VIP is local through this interface in a way that the kernel ends without a word
  /// when the interface goes.
  virtual bool depends_on(std::uint32_t interface) const = 0;

  virtual model::KernelRoute state_of(const IpAddress& vip) const = 0;
  /// All VIPs that are present.
  virtual std::vector<model::KernelVip> snapshot() const = 0;

 protected:
  bool is_of_interest(const IpAddress& vip) const { return interest_.contains(vip); }
  /// Where it has to be made local; nothing while its VRF does not exist. Of what is of no
  /// interest: in the default one.
  std::optional<VrfDevices::Interface> interface_of(const IpAddress& vip) const;
  Error no_vrf(const IpAddress& vip) const;

 private:
  VrfDevices vrfs_;
  Attacher::Interest interest_;
};

/// `loopback` is the index of lo.
std::unique_ptr<VipTable> make_table(const Method& method, std::uint32_t loopback);

}  // namespace vipherd::kernel
