// What all messages of netlink share: header, attributes, and how they follow each other. libmnl
// reads and writes the attributes. Pure; every length that comes in is checked.
#pragma once

#include <libmnl/libmnl.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "vipherd/base/ip_prefix.hpp"

namespace vipherd::wire::netlink {

using Bytes = std::vector<std::uint8_t>;
using View = std::span<const std::uint8_t>;

// AF_UNSPEC, AF_INET and AF_INET6 of Linux, without the header for sockets.
inline constexpr std::uint8_t kUnspecified = 0;
inline constexpr std::uint8_t kIpv4 = 2;
inline constexpr std::uint8_t kIpv6 = 10;

inline std::uint8_t kernel_family(Family family) { return family == Family::ipv4 ? kIpv4 : kIpv6; }

/// The errno of a negative result; positive ones do not exist and are kept as they are.
inline int positive(std::int32_t error) { return error == INT32_MIN ? INT32_MAX : std::abs(error); }

inline constexpr std::size_t kAlign = MNL_ALIGNTO;
constexpr std::size_t aligned(std::size_t length) { return (length + kAlign - 1) & ~(kAlign - 1); }
inline constexpr std::size_t kAttributeHead = aligned(sizeof(nlattr));

/// Bytes are copied: a buffer need not be aligned for the structs of the kernel.
template <class T>
bool read(View from, T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (from.size() < sizeof(T)) return false;
  std::memcpy(&value, from.data(), sizeof(T));
  return true;
}

/// The text of an attribute, up to its zero.
std::string read_text(View value);

/// A message of up to kMost bytes.
class MessageWriter {
 public:
  MessageWriter(std::uint16_t type, int flags, std::uint32_t sequence);

  /// The header of the protocol, right behind that of the message.
  template <class T>
  void header(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    static_assert(aligned(sizeof(nlmsghdr)) + aligned(sizeof(T)) < kMost);
    std::memcpy(mnl_nlmsg_put_extra_header(message(), sizeof(T)), &value, sizeof(T));
  }
  void attribute(std::uint16_t type, View payload);
  template <class T>
  void value(std::uint16_t type, const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    std::array<std::uint8_t, sizeof(T)> bytes{};
    std::memcpy(bytes.data(), &value, sizeof(T));
    attribute(type, bytes);
  }
  /// With its zero.
  void text(std::uint16_t type, std::string_view text);
  /// One attribute within another.
  void nested_text(std::uint16_t outer, std::uint16_t type, std::string_view text);

  void append_to(Bytes& out) const;
  Bytes bytes() const;

 private:
  static constexpr std::size_t kMost = 256;
  nlmsghdr* message() { return reinterpret_cast<nlmsghdr*>(buffer_.data()); }

  alignas(nlmsghdr) std::array<std::uint8_t, kMost> buffer_{};
};

/// Calls visit(type, payload) for every attribute; false if a length is wrong.
template <class Visit>
bool visit_attributes(View attributes, Visit visit) {
  const auto front = [&] { return reinterpret_cast<const nlattr*>(attributes.data()); };
  while (mnl_attr_ok(front(), static_cast<int>(attributes.size()))) {
    const std::size_t length = mnl_attr_get_len(front());
    visit(mnl_attr_get_type(front()), attributes.first(length).subspan(kAttributeHead));
    attributes = attributes.subspan(std::min(aligned(length), attributes.size()));
  }
  return attributes.size() < kAttributeHead;
}

struct Framed {
  nlmsghdr header;
  View payload;
  View rest;  ///< the messages behind it
};

/// The first message of `buffer`, or nothing if it is cut short. Not by mnl_nlmsg_ok(), which
/// takes a length of more than INT_MAX for a good one.
std::optional<Framed> first_message(View buffer);

}  // namespace vipherd::wire::netlink
