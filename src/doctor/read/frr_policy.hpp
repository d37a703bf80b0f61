// What FRR's prefix-lists and route-maps make of the route to a VIP, computed from a daemon's
// running configuration. Knows the matches that deploy/frr uses; of any other one it says so, and
// guesses nothing.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

/// The route-maps and prefix-lists of a running configuration, read once.
class FrrPolicy {
 public:
  explicit FrrPolicy(const FrrConfig& config);

  /// What route-map `name` makes of the host route to `vip` that has the tag.
  PolicyResult apply_route_map(std::string_view name, const IpAddress& vip,
                               std::uint32_t tag) const;
  /// What prefix-list `name` of the VIP's family makes of it.
  PolicyResult apply_prefix_list(std::string_view name, const IpAddress& vip) const;

 private:
  enum class Match : std::uint8_t { yes, no, no_by_list, unknown };
  struct ListEntry {
    bool permits = false;
    bool any = false;
    std::optional<IpPrefix> prefix{};  ///< none: not `any`, and not understood
    std::optional<int> least{};
    std::optional<int> most{};
    bool takes(const IpAddress& vip) const;
  };
  struct MapEntry {
    std::string name;  ///< "permit 10"
    bool permits() const { return name.starts_with("permit"); }
    std::vector<std::string> lines{};
  };
  struct EntryResult {
    Match match = Match::yes;
    std::string line;        ///< that decided
    std::string list{};      ///< of no_by_list
    bool to_extend = false;  ///< one more entry at the end of the list, and it would match
  };
  /// By sequence number, by name.
  template <class Entry>
  using Named = std::map<std::string, std::map<std::uint32_t, Entry>, std::less<>>;

  void read_map_line(const ConfigLine& line);
  void read_list_line(std::string_view line, Family family);
  Match match_line(std::string_view line, const IpAddress& vip, std::uint32_t tag) const;
  EntryResult match_entry(const MapEntry& entry, const IpAddress& vip, std::uint32_t tag) const;
  void name_list(EntryResult& result, const IpAddress& vip) const;

  Named<MapEntry> maps_;
  std::map<Family, Named<ListEntry>> lists_;
};

}  // namespace vipherd::doctor
