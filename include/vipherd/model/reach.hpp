// What one protocol's daemon answers about a VIP.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/model/seen.hpp"

namespace vipherd::model {

/// By what a daemon is known to other routers. It has to be this node's alone, and to stay.
struct RouterId {
  IpAddress id{};
  /// How another router was seen to use it as well, a clause for an operator; empty: none was seen,
  /// which is no proof that there is none.
  std::string shared{};
  friend bool operator==(const RouterId&, const RouterId&) = default;
};

/// What the daemon holds of a VIP, and to whom it advertises it.
struct Reach {
  bool originated = false;  ///< in its table as ours: a BGP path of its own, a self-originated LSA
  /// BGP: the peers it is advertised to. OSPF: the router ids of all full adjacencies, if it is
  /// originated. In order.
  std::vector<std::string> neighbours{};
  /// Other nodes that announce the same VIP, but for those that announce it as least preferred
  /// (drained, or held by policy); nullopt: this protocol does not show them here.
  std::optional<std::uint32_t> others{};
  /// Why it is advertised to no neighbour, for an operator: "no BGP session is established
  /// (192.168.100.1 Active)". Empty if it is advertised to one.
  std::string problem{};
  /// BGP: the addresses of all peers, established or not.
  std::vector<IpAddress> peers{};
  std::optional<RouterId> router_id{};  ///< nullopt: the daemon did not tell
  friend bool operator==(const Reach&, const Reach&) = default;
};

using SeenReach = Seen<Reach>;              ///< within the agent
using ReachStatus = Seen<Reach, WallTime>;  ///< for the agent's clients

}  // namespace vipherd::model
