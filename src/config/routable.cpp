#include "config/routable.hpp"

#include <array>
#include <string_view>
#include <vector>

namespace vipherd::config {
namespace {

struct Special {
  std::string_view prefix;
  std::string_view what;
};
/// IANA special-purpose address registries: what is never forwarded.
constexpr std::array kSpecial{
    Special{"0.0.0.0/8", "unspecified"},     Special{"127.0.0.0/8", "loopback"},
    Special{"169.254.0.0/16", "link-local"}, Special{"224.0.0.0/4", "multicast"},
    Special{"240.0.0.0/4", "reserved"},      Special{"::/128", "unspecified"},
    Special{"::1/128", "loopback"},          Special{"::ffff:0:0/96", "IPv4-mapped"},
    Special{"fe80::/10", "link-local"},      Special{"ff00::/8", "multicast"},
};

struct SpecialPrefix {
  IpPrefix prefix;
  std::string_view what;
};

const std::vector<SpecialPrefix>& special_prefixes() {
  static const std::vector<SpecialPrefix> prefixes = [] {
    std::vector<SpecialPrefix> parsed;
    parsed.reserve(kSpecial.size());
    for (const Special& special : kSpecial) {
      parsed.push_back({IpPrefix::parse(special.prefix).value(), special.what});
    }
    return parsed;
  }();
  return prefixes;
}

}  // namespace

std::optional<std::string_view> unroutable(const IpAddress& address) {
  for (const SpecialPrefix& special : special_prefixes()) {
    if (special.prefix.contains(address)) return special.what;
  }
  return std::nullopt;
}

}  // namespace vipherd::config
