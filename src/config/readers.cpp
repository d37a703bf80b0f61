#include "config/readers.hpp"

#include <sys/un.h>

#include <algorithm>
#include <climits>
#include <initializer_list>

#include "vipherd/base/name.hpp"

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

std::optional<Duration> read_duration(const Value& value, Duration least, Duration most) {
  const std::string range = format_duration(least) + " to " + format_duration(most);
  const auto text = value.text("a duration with its unit such as \"300ms\" (" + range + ")");
  if (!text) return std::nullopt;
  const auto duration = parse_duration(*text);
  if (!duration) {
    value.fault(duration.error().what);
    return std::nullopt;
  }
  if (*duration < least || *duration > most) {
    value.fault("expected a duration of " + range + ", got \"" + *text + "\"");
    return std::nullopt;
  }
  return *duration;
}

std::optional<std::int64_t> read_integer(const Value& value, std::int64_t least,
                                         std::int64_t most) {
  const std::string range =
      "an integer of " + std::to_string(least) + " to " + std::to_string(most);
  const auto number = value.integer(range);
  if (!number) return std::nullopt;
  if (*number >= least && *number <= most) return number;
  value.expected(range);
  return std::nullopt;
}

std::optional<std::size_t> read_word(const Value& value, std::span<const std::string_view> words) {
  const std::string expected = one_of(words);
  const auto text = value.text(expected);
  if (!text) return std::nullopt;
  const auto found = std::find(words.begin(), words.end(), *text);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  value.expected(expected);
  return std::nullopt;
}

std::optional<std::string> read_socket_path(const Value& value) {
  const std::string expected = "the absolute path of a socket, of at most " +
                               std::to_string(sizeof(sockaddr_un::sun_path) - 1) + " characters";
  auto text = value.text(expected);
  if (!text) return std::nullopt;
  if (text->starts_with('/') && text->size() < sizeof(sockaddr_un::sun_path) &&
      text->find('\0') == std::string::npos) {
    return text;
  }
  value.expected(expected);
  return std::nullopt;
}

std::optional<std::string> read_absolute_path(const Value& value) {
  const std::string expected = "the absolute path of a file";
  auto text = value.text(expected);
  if (!text) return std::nullopt;
  if (text->starts_with('/') && text->size() < PATH_MAX && text->find('\0') == std::string::npos) {
    return text;
  }
  value.expected(expected);
  return std::nullopt;
}

std::optional<std::string> read_node_name(const Value& value) {
  const std::string expected(kNameRule);
  auto text = value.text(expected);
  if (!text) return std::nullopt;
  if (is_name(*text)) return text;
  value.expected(expected);
  return std::nullopt;
}

std::optional<std::string> read_host_name(const Value& value) {
  const std::string expected = "a host name such as \"lb1.example.com\"";
  auto text = value.text(expected);
  if (!text) return std::nullopt;
  // RFC 1035, section 2.3.4: 255 octets on the wire are 253 letters.
  constexpr std::size_t kLongest = 253;
  bool fits = text->size() <= kLongest;
  std::string_view rest = *text;
  while (fits) {
    const std::size_t dot = std::min(rest.find('.'), rest.size());
    fits = is_name(rest.substr(0, dot));
    if (dot == rest.size()) break;
    rest.remove_prefix(dot + 1);
  }
  if (fits) return text;
  value.expected(expected);
  return std::nullopt;
}

std::optional<std::string> read_vrf(const Value& value) {
  const std::string expected =
      "the name of a VRF's device such as \"blue\", or \"default\" for the default VRF";
  auto text = value.text(expected);
  if (!text) return std::nullopt;
  if (*text == "default") return std::string();
  if (is_device_name(*text)) return text;
  value.expected(expected);
  return std::nullopt;
}

std::optional<std::string_view> unroutable(const IpAddress& address) {
  for (const SpecialPrefix& special : special_prefixes()) {
    if (special.prefix.contains(address)) return special.what;
  }
  return std::nullopt;
}

}  // namespace vipherd::config
