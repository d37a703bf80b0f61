#include "api/host.hpp"

#include <algorithm>

#include "vipherd/base/ip_prefix.hpp"

namespace vipherd::api {
namespace {

char lower_of(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

bool same_name(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, {}, lower_of, lower_of);
}

/// Empty, or a colon and digits.
bool is_port(std::string_view text) {
  if (text.empty()) return true;
  if (text.front() != ':') return false;
  text.remove_prefix(1);
  return std::ranges::all_of(text, [](char letter) { return letter >= '0' && letter <= '9'; });
}

bool is_bracketed_address(std::string_view host) {
  const std::size_t end = host.find(']');
  if (end == std::string_view::npos || !is_port(host.substr(end + 1))) return false;
  const std::string_view inside = host.substr(1, end - 1);
  const auto address = IpAddress::parse(inside.substr(0, inside.find('%')));  // without its zone
  return address.has_value() && !address->is_v4();
}

}  // namespace

bool is_own_host(std::string_view host, std::span<const std::string> names) {
  if (host.starts_with('[')) return is_bracketed_address(host);
  const std::size_t colon = std::min(host.find(':'), host.size());
  if (!is_port(host.substr(colon))) return false;
  std::string_view name = host.substr(0, colon);
  const auto address = IpAddress::parse(name);
  if (address) return true;
  if (name.ends_with('.')) name.remove_suffix(1);  // the root of the DNS
  return same_name(name, "localhost") ||
         std::ranges::any_of(names, [&](const std::string& own) { return same_name(name, own); });
}

}  // namespace vipherd::api
