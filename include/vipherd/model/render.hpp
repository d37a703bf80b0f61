// The answers from which `vipherd render` makes routers' configurations: what vipherd.toml does not
// know of the network around the node. Given by the table [render] and by options, which win. The
// agent reads the table to find mistakes in it and makes no use of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vipherd/base/ip_prefix.hpp"

namespace vipherd::model {

enum class Routing : std::uint8_t { bgp, ospf, both };

/// How fast the protocols notice failures without an announcement.
enum class RenderTimers : std::uint8_t {
  tuned,    ///< OSPF hellos four times a second, BGP hold time 3 s, no throttles
  seconds,  ///< the same with OSPF hellos each second, for routers that know nothing shorter
  standard  ///< those of the router's software
};

struct RenderAnswers {
  std::optional<Routing> protocol{};         ///< as frr.protocols, unless given
  std::optional<std::uint32_t> node_as{};    ///< of all load balancers
  std::optional<std::uint32_t> router_as{};  ///< of the routers in front of them
  std::vector<IpAddress> routers{};          ///< the routers' addresses on the nodes' segments
  std::vector<IpPrefix> nodes{};             ///< where the nodes are: networks or single addresses
  std::vector<std::string> interfaces{};     ///< of this machine, towards the other side
  std::optional<IpAddress> router_id{};      ///< of this machine; IPv4
  std::optional<bool> unnumbered{};          ///< BGP over links without addresses
  std::optional<bool> default_route{};       ///< the routers offer it, and the nodes take it
  std::optional<RenderTimers> timers{};
  std::optional<bool> bfd{};
  std::optional<std::string> vrf{};  ///< of the node's instances; empty: the default one
  friend bool operator==(const RenderAnswers&, const RenderAnswers&) = default;
};

}  // namespace vipherd::model
