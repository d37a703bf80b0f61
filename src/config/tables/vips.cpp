// Which VIPs there may be, and what they are in the kernel: [vips].
#include "config/routable.hpp"
#include "config/tables/sections.hpp"
#include "vipherd/model/states.hpp"

namespace vipherd::config {
namespace {

using namespace std::chrono_literals;

/// A prefix out of which VIPs may be taken.
std::optional<IpPrefix> read_pool_prefix(const Value& value) {
  const auto text = value.text("a prefix such as \"10.10.10.0/24\"");
  if (!text) return std::nullopt;
  const auto prefix = IpPrefix::parse(*text);
  if (!prefix) {
    value.error(prefix.error().what);
    return std::nullopt;
  }
  if (prefix->length == 0) {
    value.error("expected a prefix that limits what may be announced, got \"" + *text + "\"");
    return std::nullopt;
  }
  if (const auto what = unroutable(prefix->address)) {
    value.error("expected a prefix that routers carry, got \"" + *text + "\" (" +
                std::string(*what) + ")");
    return std::nullopt;
  }
  return *prefix;
}

Type<std::vector<IpPrefix>> pool() {
  const Type<IpPrefix> prefix{"prefix", read_pool_prefix,
                              [](const IpPrefix& each) { return toml_value(each.to_string()); }};
  return set_of(prefix, "array of prefixes", "an array of prefixes such as [\"10.10.10.0/24\"]");
}

/// The kernel counts lifetimes in seconds.
Type<Duration> whole_seconds(Duration least, Duration most) {
  Type<Duration> type = duration(least, most);
  type.name += ", whole seconds";
  type.read = [read = std::move(type.read)](const Value& value) -> std::optional<Duration> {
    const auto given = read(value);
    if (!given || *given % 1s == Duration::zero()) return given;
    value.error("expected whole seconds, got " + format_duration(*given));
    return std::nullopt;
  };
  return type;
}

struct ProtocolRange {
  std::uint8_t first;
  std::uint8_t last;
  std::string_view owner;
};
/// include/uapi/linux/rtnetlink.h and FRR's zebra/rt_netlink.h: who finds a route with such a
/// number may remove it as its own leftover.
constexpr std::array kTakenProtocols{
    ProtocolRange{0, 18, "the kernel and well-known daemons"},
    ProtocolRange{42, 42, "babel"},
    ProtocolRange{99, 99, "Open/R"},
    ProtocolRange{186, 199, "FRR's daemons"},
};

std::optional<std::uint8_t> read_route_protocol(const Value& value) {
  const std::string expected = "a protocol number of 19 to 255 that no other program uses";
  const auto number = value.integer(expected);
  if (!number) return std::nullopt;
  if (*number < 0 || *number > 255) {
    value.expected(expected);
    return std::nullopt;
  }
  const std::string obstacle = route_protocol_obstacle(*number);
  if (obstacle.empty()) return static_cast<std::uint8_t>(*number);
  value.error("expected " + expected + ", got " + std::to_string(*number) + ", " + obstacle);
  return std::nullopt;
}

Type<std::uint8_t> route_protocol() {
  return {"integer, 19 to 255", read_route_protocol,
          [](std::uint8_t number) { return toml_value(std::int64_t{number}); }};
}

}  // namespace

std::string route_protocol_obstacle(std::int64_t number) {
  if (number < 0 || number > 255) return "which the kernel does not know";
  for (const ProtocolRange& range : kTakenProtocols) {
    if (number >= range.first && number <= range.last) {
      return "which belongs to " + std::string(range.owner);
    }
  }
  return "";
}

const Rows<model::VipsConfig>& vips_rows() {
  using model::VipsConfig;
  static const Rows<VipsConfig> rows{
      {"pool", &VipsConfig::pool, pool(),
       "nothing outside it is ever attached or announced. Not `/0`, and nothing that routers do "
       "not carry",
       "required"},
      {"route_protocol", &VipsConfig::route_protocol, route_protocol(),
       "marks our routes in the kernel's table local: `ip route show table local proto 118`; and "
       "our addresses on `lo`: as their protocol (Linux 5.18), and in the label of those of IPv4 "
       "(`lo:vh118`). Not 42, 99 or 186 to 199: their owners would remove our routes, or we "
       "theirs"},
      {"detach_delay", &VipsConfig::detach_delay, duration(0s, 1min),
       "from the confirmed withdrawal to the detachment of a VIP, so that what is still on its way "
       "is answered while routers converge. None with `announcer = \"connected\"`, where detaching "
       "withdraws"},
      {"lease", &VipsConfig::lease, whole_seconds(2s, 1h),
       "with `announcer = \"connected\"`: how long an address on `lo` lives unless the agent "
       "renews it, which it does after a quarter to half of it. For this long the VIPs of an agent "
       "that "
       "hangs, or dies with nothing to clean up after it, stay announced. Each renewal costs the "
       "kernel and zebra a message for each VIP: with thousands of VIPs take a longer one"},
  };
  return rows;
}

model::VipsConfig read_vips(const Table& table, model::Announcer announcer) {
  model::VipsConfig vips;
  const Given given = read_table(table, vips_rows(), vips);
  if (traits_of(announcer).attachment_announces) {
    if (given.contains("detach_delay") && vips.detach_delay > Duration::zero()) {
      table.find("detach_delay")
          ->error("with frr.announcer = \"" + std::string(to_string(announcer)) +
                  "\" detaching is what withdraws, expected none");
    }
    vips.detach_delay = 0s;
  }
  return vips;
}

}  // namespace vipherd::config
