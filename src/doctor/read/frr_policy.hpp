// What FRR's prefix-lists and route-maps make of the route to a VIP, computed from a daemon's
// running configuration. Knows the matches that deploy/frr uses; of any other one it says so, and
// guesses nothing.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "doctor/read/frr_config.hpp"
#include "vipherd/base/ip_prefix.hpp"

namespace vipherd::doctor {

struct PolicyResult {
  enum class Kind : std::uint8_t {
    permitted,
    denied_by_list,  ///< an entry would permit it, but for its prefix-list
    denied,          ///< by an entry, or by the end of the route-map
    missing,         ///< there is no such route-map or prefix-list, which denies
    unknown          ///< it depends on what is not computed here
  };
  Kind kind = Kind::permitted;
  std::string reason;  ///< for a person, of all but `permitted`
  /// Of denied_by_list: the prefix-list that needs one more entry at its end, and nothing else;
  /// empty where an entry denies on purpose.
  std::string lacking{};
  bool permitted() const { return kind == Kind::permitted; }
  friend auto operator<=>(const PolicyResult&, const PolicyResult&) = default;
};

/// What route-map `name` makes of the host route to `vip` that has the tag.
PolicyResult apply_route_map(const FrrConfig& config, std::string_view name, const IpAddress& vip,
                             std::uint32_t tag);
/// What prefix-list `name` of the VIP's family makes of it.
PolicyResult apply_prefix_list(const FrrConfig& config, std::string_view name,
                               const IpAddress& vip);

}  // namespace vipherd::doctor
