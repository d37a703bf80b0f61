#include "frr/observer/router_id_watch.hpp"

#include <algorithm>

namespace vipherd::frr {
namespace {

using std::chrono::seconds;
using wire::vty::OspfNeighbour;
using wire::vty::TopologyLsa;

/// How long the newest and the oldest full adjacency have stood.
struct Standing {
  seconds newest{};
  seconds oldest{};
};
/// Nothing without a full adjacency, or where the daemon does not tell.
std::optional<Standing> standing_of(std::span<const OspfNeighbour> neighbours) {
  std::optional<Standing> found;
  for (const OspfNeighbour& neighbour : neighbours) {
    if (!neighbour.full()) continue;
    if (!neighbour.stands_for) return std::nullopt;
    const seconds time = *neighbour.stands_for;
    if (!found) found = Standing{time, time};
    found->newest = std::min(found->newest, time);
    found->oldest = std::max(found->oldest, time);
  }
  return found;
}

std::ptrdiff_t count_adjacencies(std::span<const OspfNeighbour> neighbours,
                                 const std::string& router) {
  return std::ranges::count(neighbours, router, &OspfNeighbour::router_id);
}

}  // namespace

void RouterIdWatch::take(const IpAddress& id, const Reading& reading) {
  if (id != id_) forget();
  id_ = id;
  const auto standing = standing_of(reading.neighbours);
  if (!standing) return forget();
  auto clue = find_doubles(reading);
  const auto contest = find_contest(reading, standing->newest);
  if (!clue) clue = contest;
  const seconds now = standing->oldest;
  const bool goes_on = !clue_.empty() && clue == clue_ && now >= last_ && now - last_ <= kGap;
  if (!goes_on) since_ = now;
  last_ = now;
  clue_ = clue.value_or("");
  shared_ = goes_on && now - since_ >= kHoldsFor ? clue_ : "";
}

/// LSAs of others that lead to the id more often than this node is there.
std::optional<std::string> RouterIdWatch::find_doubles(const Reading& reading) const {
  for (const TopologyLsa& lsa : reading.others) {
    if (lsa.router == id_) continue;
    const std::string router = lsa.router.to_string();
    const auto named = std::ranges::count(lsa.routers, id_);
    if (lsa.network && named > 1) {
      return "the network LSA of the designated router " + router + " names it " +
             std::to_string(named) + " times";
    }
    const auto links = count_adjacencies(reading.neighbours, router);
    if (!lsa.network && named > links && links > 0) {
      return "the router LSA of " + router + " has " + std::to_string(named) +
             " point-to-point links to it, of which this node has " + std::to_string(links);
    }
  }
  return std::nullopt;
}

/// A router LSA of its own that is young although no adjacency is, and that tells nothing new.
/// `newest`: how long the newest adjacency has stood.
std::optional<std::string> RouterIdWatch::find_contest(const Reading& reading, seconds newest) {
  bool contested = false;
  std::set<std::string> contents;
  for (const TopologyLsa& lsa : reading.own) {
    const bool young = lsa.age <= kYoung && newest > seconds(lsa.age + kYoung);
    // Between two of its own the other router's may be seen.
    const bool strange = is_strange(lsa, reading);
    contested = contested || (young && (strange || contents_.contains(lsa.content)));
    if (!strange) contents.insert(lsa.content);
  }
  if (!contents.empty()) contents_ = std::move(contents);
  if (!contested) return std::nullopt;
  return "its router LSA is originated anew all the time though nothing in it changes, as when two "
         "routers each take the other's for an old one of their own";
}

/// Whether it tells of a link that this node does not have.
bool RouterIdWatch::is_strange(const TopologyLsa& own, const Reading& reading) const {
  const auto is_known = [&](const IpAddress& end) {
    return end == id_ || std::ranges::any_of(reading.neighbours, [&](const OspfNeighbour& one) {
             return one.designated == end || one.router_id == end.to_string();
           });
  };
  return !std::ranges::all_of(own.designated, is_known) ||
         !std::ranges::all_of(own.routers, is_known);
}

}  // namespace vipherd::frr
