// The keys of a service, and of a VIP that is announced differently from the others.
#include "config/tables/service_tables.hpp"
#include "config/tables/services.hpp"

namespace vipherd::config {
namespace {

using model::AttachPolicy;
using model::OnAllDown;
using model::RouteAttributes;
using model::ServiceConfig;
using model::Weighting;

/// The tag that FRR's route-map takes for drained VIPs unless configured otherwise.
constexpr std::uint32_t kDrainTag = 200;

std::optional<std::uint32_t> read_tag(const Value& value) {
  const auto tag = integer(1, kGreatestNumber).read(value);
  if (!tag || *tag != kDrainTag) return tag;
  value.error("the tag 200 is reserved for draining, expected another one");
  return std::nullopt;
}

Type<std::uint32_t> undrained_tag() {
  Type<std::uint32_t> type = integer(1, kGreatestNumber);
  type.read = read_tag;
  return type;
}

std::optional<model::Needs> read_needs(const Value& value) {
  using Mode = model::Needs::Mode;
  const std::string expected = "\"all\", \"any\" or a number of checks";
  if (const auto* number = value.node().as_integer()) {
    if (number->get() >= 1 && number->get() <= kGreatestNumber) {
      return model::Needs{Mode::count, static_cast<std::uint32_t>(number->get())};
    }
    value.expected(expected + " of at least 1");
    return std::nullopt;
  }
  const auto text = value.text(expected);
  if (!text) return std::nullopt;
  if (*text == "all") return model::Needs{Mode::all, 0};
  if (*text == "any") return model::Needs{Mode::any, 0};
  value.expected(expected);
  return std::nullopt;
}

std::string print_needs(const model::Needs& needs) {
  switch (needs.mode) {
    case model::Needs::Mode::all:
      return toml_value("all");
    case model::Needs::Mode::any:
      return toml_value("any");
    case model::Needs::Mode::count:
      return toml_value(std::int64_t{needs.count});
  }
  return "";
}

template <class S>
std::string print_keys(const Rows<S>& rows, const S& values) {
  std::string text;
  for (const Row<S>& row : rows) {
    const std::string value = row.print ? row.print(values) : "";
    if (!value.empty()) text += ", " + row.key + " = " + value;
  }
  return text;
}

/// An address, or a table with one and what it announces for itself.
std::string print_vip(const ServiceConfig& service, const IpAddress& vip) {
  std::string address = toml_value(vip.to_string());
  const auto own = service.own_routes.find(vip);
  if (own == service.own_routes.end()) return address;
  std::string text = "{ address = " + address + print_keys(vip_rows(), own->second);
  if (own->second.announce != service.route.announce) {
    text += ", announce = {" + print_keys(announce_rows(), own->second.announce).substr(1) + " }";
  }
  return text + " }";
}

std::string print_vips(const ServiceConfig& service) {
  std::vector<std::string> vips;
  for (const IpAddress& vip : service.vips) vips.push_back(print_vip(service, vip));
  return toml_array(vips);
}

}  // namespace

const Rows<ServiceConfig>& service_rows() {
  using Service = ServiceConfig;
  static const auto tag = path(&Service::route, &RouteAttributes::tag);
  static const auto metric = path(&Service::route, &RouteAttributes::metric);
  static const Rows<Service> rows{
      {"enabled", &Service::enabled, boolean(),
       "`false` withdraws the VIPs, whatever the checks say; `/health` does not ask for them then "
       "(a notice), `/health/SERVICE` answers `drained`"},
      {"vips", "array of addresses, or of tables `[[services.NAME.vips]]`",
       "the VIPs, each in one service only; one that is announced differently from the others is a "
       "table, see below. A prefix length, if given, must be that of a host route (`/32`, `/128`). "
       "One that turns out to be the address of an interface of this node, of its default gateway "
       "or of a BGP peer is neither attached nor announced, and a problem; one in the subnet of an "
       "interface is announced, and a notice: hosts of that subnet look for it among themselves. "
       "The agent looks at its start, at each reload and every 30 s",
       "required", print_vips},
      {"vrf", &Service::vrf, vrf(),
       "where the VIPs live: they are made local there and announced by FRR's instances of that "
       "VRF, and the checks connect from there. A VIP is in one VRF, and cannot move while the "
       "agent runs. While the VRF does not exist the VIPs are not attached, and nothing is "
       "announced. See [below](#a-service-in-a-vrf)"},
      {"needs", &Service::needs,
       Type<model::Needs>{"`\"all\"`, `\"any\"` or an integer", read_needs, print_needs},
       "how many checks must be up for the service to be up"},
      {"attach", &Service::attach,
       word<AttachPolicy>({{"when-up", AttachPolicy::when_up}, {"always", AttachPolicy::always}}),
       "when the VIPs are local on the node: only while they are announced, or as long as the "
       "service is configured and enabled. `\"always\"` is needed if the service binds to a VIP "
       "and could not start without it (for an IPv6 VIP it needs `net.ipv6.ip_nonlocal_bind=1` "
       "besides, unless it sets IP_FREEBIND, as NSD does with `ip-freebind`), and if a check "
       "connects to a VIP: detached, it would be answered by another node"},
      {"tag", tag, undrained_tag(),
       "the route's tag, which FRR's route-map matches: one that it does not know is not "
       "announced. 200 is reserved for draining"},
      {"metric", metric, integer(0, kGreatestNumber),
       "becomes the MED in BGP; OSPF takes its metric from the route-map"},
      {"announce", "table `[services.NAME.announce]`",
       "what the protocols say of its routes; see below", "none"},
      {"drain", "table `[services.NAME.drain]`", "how a VIP is taken out without losing requests",
       "see below"},
      {"weighting", &Service::weighting,
       word<Weighting>({{"none", Weighting::none},
                        {"bandwidth", Weighting::bandwidth},
                        {"metric", Weighting::metric}}),
       "how routers are told this node's weight: not at all; by the tags `tag` + 1 (10 %) to `tag` "
       "+ 10 (100 %), which FRR's route-map turns into link-bandwidth communities (unequal-cost "
       "ECMP; with the announcer `vty` its own route-map, and the tag stays); by a metric that is "
       "10 higher for each tenth that is missing (a preference, no shares)"},
      {"weight", &Service::weight, integer(1, 100),
       "per cent; multiplied with `node.weight`. `vipherd weight` takes its place"},
      {"weigh_health", &Service::weigh_health, boolean(),
       "the weight is also multiplied with the service's health"},
      {"guard", "table `[services.NAME.guard]`", "refuses drains that leave too few nodes", "none"},
      {"on_all_down", &Service::on_all_down,
       word<OnAllDown>({{"withdraw", OnAllDown::withdraw}, {"hold", OnAllDown::hold}}),
       "what to do when the service is down here and no other node announces the VIP: `\"hold\"` "
       "announces it all the same, as least preferred. See \"The last one standing\" in "
       "operations.md"},
      {"fail_open", &Service::fail_open, boolean(),
       "what a check means that cannot run at all (no file descriptor left, a program that cannot "
       "be started): `false`, it has failed; `true`, it says nothing and keeps its result. A "
       "service that never had one stays undecided, and is not announced"},
      {"damping", "table `[services.NAME.damping]`",
       "holds the service down while it flaps; see below", "none"},
      {"watch", "table `[services.NAME.watch]`",
       "probe when something happens, not only when it is time; see below", "none"},
      {"checks", "tables `[services.NAME.checks.NAME]`", "at least one that is not `advisory`",
       "required"},
  };
  return rows;
}

const Rows<RouteAttributes>& vip_rows() {
  static const Rows<RouteAttributes> rows{
      {"address", "address", "the VIP", "required"},
      {"tag", &RouteAttributes::tag, undrained_tag(), "as in `[services.NAME]`", "the service's"},
      {"metric", &RouteAttributes::metric, integer(0, kGreatestNumber), "the same",
       "the service's"},
      {"announce", "table with the keys of `[services.NAME.announce]`",
       "the same, each key by itself", "the service's"},
  };
  return rows;
}

}  // namespace vipherd::config
