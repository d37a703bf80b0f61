// What is known of one kind of kernel object that makes VIPs local, and how the kernel is told to
// make, remove and list it: routes in table local, or addresses on lo. Fed with rtnetlink messages
// from a dump and from the monitor; owns no socket, never asks.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "vipherd/base/duration.hpp"
#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/model/event.hpp"
#include "vipherd/wire/rtnetlink.hpp"

namespace vipherd::kernel {

/// By what VIPs are made local, and what marks it as ours.
struct Means {
  enum class Kind : std::uint8_t { local_routes, lo_addresses };
  Kind kind = Kind::local_routes;
  std::uint8_t protocol = 0;  ///< rtm_protocol, or IFA_PROTO and part of the label
  Duration lease{};           ///< of addresses: at least a second
};

class VipTable {
 public:
  virtual ~VipTable() = default;

  /// From now on these VIPs are of interest, and everything of ours.
  void set_interest(std::set<IpAddress> interest) { interest_ = std::move(interest); }
  virtual void forget() = 0;

  /// RTNLGRP_* of the changes, besides that of links.
  virtual std::span<const int> groups() const = 0;
  virtual wire::rtnetlink::Bytes encode_dump_request(Family family,
                                                     std::uint32_t sequence) const = 0;
  virtual void append_attach(wire::rtnetlink::Bytes& out, const IpAddress& vip,
                             std::uint32_t sequence) const = 0;
  virtual void append_detach(wire::rtnetlink::Bytes& out, const IpAddress& vip,
                             std::uint32_t sequence) const = 0;
  /// The errno of a detach of what is gone already.
  virtual int gone_error() const = 0;
  /// "local route", "address".
  virtual std::string_view noun() const = 0;

  /// How long the kernel keeps what is attached; nullopt: until it is detached.
  virtual std::optional<Duration> lease() const = 0;
  virtual void append_renewal(wire::rtnetlink::Bytes& out, const IpAddress& vip,
                              std::uint32_t sequence) const = 0;
  /// Whether a request to remove ours could hit a foreign one that came in its place: then it is
  /// sent only if what the monitor said last was that it is ours.
  virtual bool detach_is_blind() const = 0;

  /// Takes a message of a dump or of the monitor. Taking the same one twice is harmless.
  /// Returns the VIP's state if the message changed it.
  virtual std::optional<model::KernelVip> apply(const wire::rtnetlink::Body& body) = 0;
  /// Why the kernel has to be asked again after this message; empty: it has not.
  virtual std::string doubt_after(const wire::rtnetlink::Body& body) const = 0;
  /// True if a VIP is local through this interface in a way that the kernel ends without a word
  /// when the interface goes.
  virtual bool depends_on(std::uint32_t interface) const = 0;

  virtual model::KernelRoute state_of(const IpAddress& vip) const = 0;
  /// All VIPs that are present.
  virtual std::vector<model::KernelVip> snapshot() const = 0;

 protected:
  bool is_of_interest(const IpAddress& vip) const { return interest_.contains(vip); }

 private:
  std::set<IpAddress> interest_;
};

/// `loopback` is the index of lo.
std::unique_ptr<VipTable> make_table(const Means& means, std::uint32_t loopback);

}  // namespace vipherd::kernel
