#include "vipherd/base/socket_address.hpp"

#include <charconv>
#include <system_error>

namespace vipherd {

std::string SocketAddress::to_string() const {
  const std::string host = address.to_string();
  return (address.is_v4() ? host : "[" + host + "]") + ":" + std::to_string(port);
}

Result<SocketAddress> SocketAddress::parse(std::string_view text) {
  const Error expected = fail(
      "expected an address with a port such as \"127.0.0.1:80\" or "
      "\"[::1]:80\", got \"" +
      std::string(text) + "\"");
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return expected;
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto address = IpAddress::parse(host);
  if (!address || bracketed == address->is_v4()) return expected;
  const std::string_view digits = text.substr(colon + 1);
  SocketAddress result{*address, 0};
  const auto [rest, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), result.port);
  if (error != std::errc{} || rest != digits.data() + digits.size() || result.port == 0) {
    return expected;
  }
  return result;
}

}  // namespace vipherd
