#include "vipherd/base/ip_prefix.hpp"

#include <arpa/inet.h>

#include <algorithm>

#include "vipherd/base/assert.hpp"
#include "vipherd/base/numbers.hpp"

namespace vipherd {

Result<IpAddress> IpAddress::parse(std::string_view text) {
  // A NUL within the text would end it for inet_pton.
  const std::string terminated(text.substr(0, text.find('\0')));
  if (terminated.size() != text.size())
    return fail("expected an address, got text with a NUL in it");
  IpAddress address;
  if (inet_pton(AF_INET, terminated.c_str(), address.bytes_.data()) == 1) return address;
  address.family_ = Family::ipv6;
  if (inet_pton(AF_INET6, terminated.c_str(), address.bytes_.data()) == 1) return address;
  return fail("expected an IPv4 or IPv6 address, got \"" + terminated + "\"");
}

IpAddress IpAddress::from_bytes(std::span<const std::uint8_t> bytes) {
  VIPHERD_ASSERT(bytes.size() == 4 || bytes.size() == 16);
  IpAddress address;
  address.family_ = bytes.size() == 4 ? Family::ipv4 : Family::ipv6;
  std::copy(bytes.begin(), bytes.end(), address.bytes_.begin());
  return address;
}

IpAddress IpAddress::unmapped() const {
  constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (is_v4() || !std::equal(kMapped.begin(), kMapped.end(), bytes_.begin())) return *this;
  return from_bytes(std::span(bytes_).subspan(kMapped.size()));
}

std::string IpAddress::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  inet_ntop(is_v4() ? AF_INET : AF_INET6, bytes_.data(), buffer.data(), buffer.size());
  return buffer.data();
}

namespace {

/// Bit `index`, counted from the most significant of the first byte.
bool bit(std::span<const std::uint8_t> bytes, unsigned index) {
  return ((bytes[index / 8] >> (7 - index % 8)) & 1) != 0;
}

}  // namespace

Result<IpPrefix> IpPrefix::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) {
    return fail("expected a prefix such as \"10.10.10.0/24\", got \"" + std::string(text) + "\"");
  }
  IpPrefix prefix{*address, address->host_length()};
  if (slash == std::string_view::npos) return prefix;
  const std::string_view digits = text.substr(slash + 1);
  const auto length = parse_number<std::uint8_t>(digits);
  if (!length || *length > prefix.length) {
    return fail("expected a prefix length of 0 to " + std::to_string(prefix.length) + " in \"" +
                std::string(text) + "\"");
  }
  for (unsigned index = *length; index < prefix.length; ++index) {
    if (bit(prefix.address.bytes(), index)) {
      return fail("prefix \"" + std::string(text) + "\" has bits set after its length");
    }
  }
  prefix.length = *length;
  return prefix;
}

bool IpPrefix::contains(const IpAddress& other) const {
  if (other.family() != address.family()) return false;
  for (unsigned index = 0; index < length; ++index) {
    if (bit(address.bytes(), index) != bit(other.bytes(), index)) return false;
  }
  return true;
}

std::string IpPrefix::to_string() const {
  return address.to_string() + "/" + std::to_string(length);
}

}  // namespace vipherd
