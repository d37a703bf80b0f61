#include "frr/observer/missing_route.hpp"

#include "vipherd/wire/vty/config.hpp"
#include "vipherd/wire/vty/redistribution.hpp"

namespace vipherd::frr {
namespace {

std::string quote(const std::string& words) { return "`" + words + "`"; }

std::string_view protocol_of(std::string_view daemon) {
  if (daemon == "bgpd") return "bgp";
  return daemon == "ospf6d" ? "ospf6" : "ospf";
}

std::string where(const std::string& vrf) { return vrf.empty() ? "" : " in VRF " + vrf; }

/// Of a redistribution by the operator's own line.
std::string why_not_redistributed(std::string_view daemon, std::string_view running,
                                  const std::string& type, const IpAddress& vip,
                                  const std::string& vrf) {
  const std::string protocol(protocol_of(daemon));
  const auto found = wire::vty::parse_redistribution(
      running, {.protocol = protocol, .type = type, .family = vip.family(), .vrf = vrf});
  if (!found.instance) return "it has no " + quote("router " + protocol) + where(vrf);
  const std::string block =
      protocol == "bgp"
          ? std::string(vip.is_v4() ? "address-family ipv4" : "address-family ipv6") + " unicast"
          : "router " + protocol;
  if (!found.redistributes) {
    return "its " + quote(block) + where(vrf) + " has no " +
           quote("redistribute " + type + " route-map …");
  }
  if (found.route_map.empty()) {
    return "no cause was found (checked: zebra has the route, " + quote(block) + " has " +
           quote("redistribute " + type) + " without a route-map)";
  }
  if (!found.route_maps.contains(found.route_map)) {
    return "the route-map " + found.route_map + " of its " + quote("redistribute " + type) +
           " does not exist, which denies everything";
  }
  return "the route-map " + found.route_map + " of its " + quote("redistribute " + type) +
         " is all that is left to deny it (it has to match the route's tag, and a prefix-list "
         "that contains the VIP)";
}

/// Of lines that vipherd itself gave the daemon.
std::string why_own_line_fails(std::string_view daemon, std::string_view running,
                               const IpAddress& vip, const std::string& vrf) {
  if (daemon == "bgpd") {
    const auto config = wire::vty::parse_bgp_config(running, vrf);
    if (!config) return config.error().what;
    if (!config->networks.contains(vip)) return "vipherd's `network` line for it is not there";
    return "no cause was found (checked: vipherd's `network` line for it is there)";
  }
  const auto config = wire::vty::parse_ospf_config(running, vip.family(), vrf);
  if (!config) return config.error().what;
  for (const auto& [name, entries] : config->lists) {
    for (const auto& [sequence, entry] : entries) {
      if (wire::vty::permitted(entry).contains(vip)) {
        return "no cause was found (checked: prefix-list " + name + " permits it)";
      }
    }
  }
  return "none of vipherd's prefix-lists there permits it";
}

}  // namespace

std::string why_missing(std::string_view daemon, const std::optional<std::string>& running,
                        const IpAddress& vip, const model::FrrConfig& config,
                        const std::string& vrf) {
  if (!running || running->empty()) {
    return "no cause is known (its running configuration was not read)";
  }
  const std::string type(config.redistributed());
  return type.empty() ? why_own_line_fails(daemon, *running, vip, vrf)
                      : why_not_redistributed(daemon, *running, type, vip, vrf);
}

}  // namespace vipherd::frr
