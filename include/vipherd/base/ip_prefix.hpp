// IPv4 and IPv6 addresses and prefixes as plain values. IPv6 is treated as IPv4 is.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "vipherd/base/result.hpp"

namespace vipherd {

enum class Family : std::uint8_t { ipv4, ipv6 };

class IpAddress {
 public:
  IpAddress() = default;  ///< 0.0.0.0

  /// Text of either family, without a prefix length, zone or brackets.
  static Result<IpAddress> parse(std::string_view text);
  /// 4 or 16 bytes in network order; aborts on any other size.
  static IpAddress from_bytes(std::span<const std::uint8_t> bytes);

  Family family() const { return family_; }
  bool is_v4() const { return family_ == Family::ipv4; }
  /// 4 or 16 bytes in network order.
  std::span<const std::uint8_t> bytes() const { return {bytes_.data(), is_v4() ? 4u : 16u}; }
  /// The length of a host route: 32 or 128.
  std::uint8_t host_length() const { return is_v4() ? 32 : 128; }
  /// The IPv4 address that "::ffff:10.10.10.10" stands for, to which a socket connects by it
  /// (RFC 4291 section 2.5.5.2); any other address as it is.
  IpAddress unmapped() const;
  /// RFC 5952 form.
  std::string to_string() const;

  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  Family family_ = Family::ipv4;
  std::array<std::uint8_t, 16> bytes_{};
};

struct IpPrefix {
  IpAddress address;
  std::uint8_t length = 0;

  /// "10.10.10.0/24", or an address alone, which is a host route. Bits after the
  /// length must be zero.
  static Result<IpPrefix> parse(std::string_view text);
  bool contains(const IpAddress& other) const;
  bool is_host_route() const { return length == address.host_length(); }
  std::string to_string() const;

  friend auto operator<=>(const IpPrefix&, const IpPrefix&) = default;
};

}  // namespace vipherd
