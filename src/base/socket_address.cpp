#include "vipherd/base/socket_address.hpp"

#include "vipherd/base/numbers.hpp"

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
  const auto port = parse_number<std::uint16_t>(text.substr(colon + 1));
  if (port.value_or(0) == 0) return expected;
  return SocketAddress{*address, *port};
}

}  // namespace vipherd
