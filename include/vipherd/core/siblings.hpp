// Which nodes of the relay are alive, and in which order they pass packets on (docs/relay.md).
// Pure: it is told what was heard and what time it is, and says what to send and what has changed.
//
// A sibling is alive if it hears this node and this node hears it: a heartbeat counts only if it
// echoes one that this node sent within the last moments. So a path that works in one direction
// only is none, and a recorded heartbeat is worth nothing, whatever the clocks say and whichever
// node restarted.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "vipherd/base/duration.hpp"
#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/base/result.hpp"
#include "vipherd/model/heartbeat.hpp"
#include "vipherd/model/states.hpp"

namespace vipherd::core {

constexpr Duration kHeartbeatEvery = std::chrono::milliseconds(100);
/// Three heartbeats missed.
constexpr Duration kSilentAfter = 3 * kHeartbeatEvery;
/// From saying that it hands over until its successor is heard.
constexpr Duration kSuccessorPatience = std::chrono::seconds(10);

/// Where a node stands among the addresses of all nodes.
struct RelayPlace {
  std::vector<IpAddress> own;  ///< one of each family at most
  std::vector<IpAddress> others;
  friend bool operator==(const RelayPlace&, const RelayPlace&) = default;
};
/// `own`: those of `all` that are addresses of this node. Fails with a sentence if there is none,
/// or two of a family.
Result<RelayPlace> place_among(const std::vector<IpAddress>& all,
                               const std::vector<IpAddress>& own);

class Siblings {
 public:
  struct Outgoing {
    IpAddress to;
    model::Heartbeat heartbeat;
  };
  struct Change {
    IpAddress sibling;
    model::SiblingState state{};
    std::string reason;
  };
  struct Known {
    model::SiblingState state{};
    TimePoint since{};
    std::string reason;
    std::optional<Duration> round_trip{};
  };

  /// `run`: drawn at random, not 0.
  explicit Siblings(std::uint64_t run) : run_(run) {}

  /// All others. A new one is taken for alive until it ought to have been heard.
  void set(const std::vector<IpAddress>& others, TimePoint now);
  /// One to each, whether it is alive or not.
  std::vector<Outgoing> heartbeats(model::Heartbeat::Kind kind, TimePoint now);
  /// What came from this address. An answer that cannot wait for the next round is returned: until
  /// a sibling that has just begun gets one it knows nothing of this node.
  std::optional<Outgoing> hear(const IpAddress& from, const model::Heartbeat& heartbeat,
                               TimePoint now);
  /// What came from this address is no heartbeat, or not authentic.
  void reject(const IpAddress& from, std::string why, TimePoint now);
  /// To be called after either, and each time before heartbeats are sent.
  void look(TimePoint now);
  std::vector<Change> take_changes() { return std::exchange(changes_, {}); }

  /// The live siblings of own's family, in the order that all nodes share, from the one after own
  /// on.
  std::vector<IpAddress> ring(const IpAddress& own) const;
  std::map<IpAddress, Known> known() const;
  /// No sibling is alive, nor taken for alive.
  bool is_alone() const;
  /// Heartbeats from addresses that are no siblings', that were sent again, or rejected.
  std::uint64_t rejected() const { return rejected_; }

 private:
  using Mark = model::Heartbeat::Mark;
  struct Sent {
    std::uint64_t number;
    TimePoint at;
  };
  struct Sibling {
    Known known;
    TimePoint alive_until{};
    Mark heard{};  ///< the newest that was believed
    TimePoint heard_at{};
    std::uint64_t proven_run = 0;
    /// Those before it, and those that said that they end: none of them returns.
    std::deque<std::uint64_t> ended{};
    std::deque<Sent> sent{};
    TimePoint answered_at{};  ///< a heartbeat of a run that is not known yet
    std::string rejection{};  ///< why the newest that was rejected was
    TimePoint rejected_at{};
  };

  Outgoing make(const IpAddress& to, Sibling& sibling, model::Heartbeat::Kind kind, Mark echo,
                TimePoint heard_at, TimePoint now);
  static void end_run(Sibling& sibling, std::uint64_t run);
  void change(const IpAddress& address, Sibling& sibling, model::SiblingState state,
              std::string reason, TimePoint now);

  std::uint64_t run_;
  std::uint64_t number_ = 0;
  std::map<IpAddress, Sibling> siblings_;
  std::vector<Change> changes_;
  std::uint64_t rejected_ = 0;
  std::optional<TimePoint> looked_at_{};
};

}  // namespace vipherd::core
