#include "probe/address.hpp"

#include <cerrno>
#include <charconv>
#include <system_error>

namespace vipherd::probe {

std::string SocketAddress::to_string() const {
  const std::string host = address.to_string();
  return (address.is_v4() ? host : "[" + host + "]") + ":" + std::to_string(port);
}

Result<SocketAddress> parse_socket_address(std::string_view text) {
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

std::string describe_connect_error(std::string_view target, int error) {
  const std::string name(target);
  if (error == ECONNREFUSED) return "connect to " + name + " refused";
  const std::string cause = std::generic_category().message(error);
  // Not the service's fault, and not to be read as if it were.
  if (error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM) {
    return "the check could not run: " + cause;
  }
  return "cannot connect to " + name + ": " + cause;
}

}  // namespace vipherd::probe
