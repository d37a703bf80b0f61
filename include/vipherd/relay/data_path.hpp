// The relay's data path: two small programs in the kernel that pass a packet of a connection which
// this node does not have on to the next sibling (docs/relay.md). Owns the programs, their maps and
// their filters on the uplinks; decides nothing: which VIPs, which siblings are alive and in which
// order is the caller's. Touches no filter but its own.
//
// API. load(), then the set_…() and renew(), then attach(): so a successor takes over without a
// gap. Each set_…() is given the whole desired state, never a difference, and may be repeated at
// will: what is already so costs nothing or, for set_ring() and attach(), one or two questions to
// the kernel, since routes and filters may have changed.
//
// Threading: one thread. Nothing waits but for the kernel's rtnl lock.
//
// Failing safe: after the moment given to renew() the programs let everything pass, whatever became
// of this process.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/base/result.hpp"

namespace vipherd::relay {

/// Siblings that packets are taken from, both families together.
inline constexpr std::size_t kMostSiblings = 63;

struct Settings {
  std::uint16_t port = 6511;  ///< UDP; the same on all siblings
  /// All siblings have the same: packets with another are malformed. A stranger who can forge a
  /// sibling's address has to know it, too. It is sent in the clear.
  std::uint32_t token = 0;
  /// From each sibling, and again from the outside; segments that the kernel joined count as one.
  std::uint32_t packets_per_second = 100'000;
  std::uint32_t most_vips = 65'536;
};

/// The order in which the live nodes pass packets on, of one family.
struct Ring {
  IpAddress self;  ///< by which the siblings know this node
  std::vector<IpAddress>
      live{};  ///< the siblings that are alive, beginning with the one after this node
  friend bool operator==(const Ring&, const Ring&) = default;
};

struct SiblingCounters {
  IpAddress sibling;
  std::uint64_t passed_on = 0;  ///< to it, as the first hop
  std::uint64_t forwarded = 0;  ///< to it, as a later hop
  std::uint64_t accepted = 0;   ///< from it: of this node's connections
  std::uint64_t unowned = 0;    ///< from it: of no node's connection; this node's kernel resets it
  std::uint64_t undeliverable =
      0;                        ///< from it: hop limit, and the VIP is not attached here; dropped
  std::uint64_t malformed = 0;  ///< from it; dropped
  std::uint64_t rate_limited = 0;  ///< from it; dropped
  // Connections of which these packets are, each counted once while it is among the about 32,768
  // that had a packet last.
  std::uint64_t connections_passed_on = 0;
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_unowned = 0;
  friend bool operator==(const SiblingCounters&, const SiblingCounters&) = default;
};

/// Since load(). Those of a sibling end with its place in set_siblings().
struct Counters {
  std::uint64_t strangers = 0;  ///< packets of the relay's port from other addresses; dropped
  std::uint64_t untouched = 0;  ///< fragments, IP options and extension headers; left to the kernel
  std::uint64_t too_big =
      0;  ///< without room for the outer header; left to the kernel, which resets
  std::uint64_t rate_limited = 0;  ///< of clients; left to the kernel, which resets
  std::uint64_t clamped = 0;       ///< SYN-ACKs whose MSS was lowered
  std::vector<SiblingCounters> siblings{};
  friend bool operator==(const Counters&, const Counters&) = default;
};

class DataPath {
 public:
  /// Fails with the kernel's reason: no BPF, not enough rights (docs/relay.md), no relay
  /// in this build.
  static Result<DataPath> load(const Settings& settings);
  DataPath(DataPath&&) noexcept;
  DataPath& operator=(DataPath&&) noexcept;
  /// detach(), unless leave() was called.
  ~DataPath();

  /// Those that are local here: segments for others are none of the relay's business.
  Result<void> set_vips(const std::vector<IpAddress>& vips);
  /// Addresses that packets are taken from: all that are configured, dead or alive, since siblings
  /// do not always agree on who is alive.
  Result<void> set_siblings(const std::vector<IpAddress>& siblings);
  /// Each must be one of set_siblings(). Fails, and passes nothing on, if the first of `live`
  /// cannot be reached by an Ethernet interface of this node.
  Result<void> set_ring(Family family, const Ring& ring);
  /// The programs work until then, at most.
  void renew(std::chrono::steady_clock::time_point until);

  /// Puts filters on these interfaces and takes them from others, the first time also those that
  /// other processes of this program left there. One of theirs on these interfaces is replaced
  /// without a gap; one that was removed is put back. Reports the first interface that fails, after
  /// trying all.
  Result<void> attach(const std::vector<std::string>& interfaces);
  /// Takes this object's own filters away, and the qdisc that they needed if it is empty and was
  /// made for them.
  Result<void> detach();
  /// For a successor: filters and programs outlive this object. renew() before for as long as it
  /// may take to come.
  void leave();

  Result<Counters> counters() const;

 private:
  struct State;
  explicit DataPath(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Takes away the filters that any process of this program left on any interface of this network
/// namespace. Returns the interfaces that had one.
Result<std::vector<std::string>> remove_orphans();

/// Whether this build has the relay at all.
bool is_built_in();

}  // namespace vipherd::relay
