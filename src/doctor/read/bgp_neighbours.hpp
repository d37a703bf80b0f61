// The neighbours of a BGP instance as its running configuration has them, peer groups resolved.
// Pure.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "doctor/read/frr_config.hpp"

namespace vipherd::doctor {

class BgpNeighbours {
 public:
  /// `instance`: the line that opens it.
  BgpNeighbours(const FrrConfig& config, const std::string& instance);

  /// Neighbours, and peer groups that a `bgp listen range` makes neighbours of.
  const std::vector<std::string>& names() const { return names_; }
  /// What follows `neighbor NAME WORDS`, for the neighbour or its group; "" where nothing does.
  std::optional<std::string> find(const std::string& name, std::string_view words,
                                  std::string_view section = {}) const;
  /// Whether `neighbor NAME KIND ANYTHING DIRECTION` is there for one of the kinds of filter, and
  /// the name of each that is: "prefix-list" -> "VIPHERD-POOL".
  std::map<std::string, std::string> filters(const std::string& name, std::string_view section,
                                             std::string_view direction) const;
  /// By what is said of it, else of its group, else by FRR's default.
  bool is_active(const std::string& name, bool ipv4) const;
  /// By its AS number, or the word `external`.
  bool is_external(const std::string& name) const;
  const std::string& as_number() const { return as_number_; }

 private:
  struct Line {
    std::string neighbour;
    std::string section;
    std::string rest;
  };
  std::vector<std::string> names_;
  std::map<std::string, std::string> group_of_;
  std::vector<Line> lines_;
  std::set<std::pair<std::string, std::string>> inactive_;  ///< (neighbour, section)
  std::string as_number_;
  bool ipv4_by_default_ = true;
};

}  // namespace vipherd::doctor
