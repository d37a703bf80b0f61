// Whether another OSPF router uses this one's router id. No daemon says so where it can be asked
// (they log it at most), but it shows in what they hold:
//
// - on one link the designated router's network LSA names the id twice, and so does a router LSA
//   whose point-to-point links lead to both;
// - elsewhere in the area each of the two takes the other's router LSA for an old one of its own
//   and originates its own anew (RFC 2328 section 13.4), without end: the LSA never grows old
//   although nothing that it tells changes.
//
// Either also shows for a moment when a link or an address of this node has just changed. So it
// counts if it was there in all readings of a while. Pure: the time is that for which adjacencies
// have stood, which the daemon tells.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/wire/vty/ospf.hpp"

namespace vipherd::frr {

class RouterIdWatch {
 public:
  struct Reading {
    std::span<const wire::vty::OspfNeighbour> neighbours;
    std::span<const wire::vty::TopologyLsa> own;     ///< its router LSAs, one for each area
    std::span<const wire::vty::TopologyLsa> others;  ///< those of its neighbours
  };
  /// What the daemon with this router id told, all at about the same time.
  void take(const IpAddress& id, const Reading& reading);
  /// Something was not told.
  void forget() { *this = {}; }

  /// How another router was seen to use the id, a clause; empty: none was seen.
  const std::string& shared() const { return shared_; }

  /// The dead interval is 40 s where it is not set: for this long a router may hold what was.
  static constexpr std::chrono::seconds kHoldsFor{45};
  /// Readings further apart than this are not one while.
  static constexpr std::chrono::seconds kGap{25};
  /// An LSA that nothing changes is originated anew after 30 minutes; the contest of two routers
  /// renews it at least each MinLSInterval, 5 s.
  static constexpr std::uint32_t kYoung = 10;

 private:
  std::optional<std::string> find_doubles(const Reading& reading) const;
  std::optional<std::string> find_contest(const Reading& reading, std::chrono::seconds newest);
  bool is_strange(const wire::vty::TopologyLsa& own, const Reading& reading) const;

  IpAddress id_{};
  std::set<std::string> contents_;  ///< of its own LSAs, as read last
  std::string clue_;                ///< what shows now; empty: nothing
  std::chrono::seconds since_{};    ///< how long the oldest adjacency had stood when it first did
  std::chrono::seconds last_{};     ///< and when it was read last
  std::string shared_;
};

}  // namespace vipherd::frr
