// The clients that follow the history by server-sent events. Each has a place in it and takes what
// comes next when it is ready, so a slow one costs nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "agent/history.hpp"
#include "vipherd/api/request.hpp"

namespace vipherd::agent {

class EventStreams {
 public:
  /// `history` outlives this.
  explicit EventStreams(const History& history) : history_(history) {}

  /// First what came after `after`; without it, only what comes from now on.
  api::Response open(const model::HistoryFilter& filter, std::optional<std::uint64_t> after);
  /// What an earlier agent left is there now, or is waited for no longer: until then no client is
  /// told anything, so that a client that comes again misses nothing.
  void begin();
  /// There is something new.
  void wake();
  /// Tells the clients, and what is between, that the connection lives. To be called at times.
  void ping();

 private:
  struct Follower;
  std::vector<std::shared_ptr<Follower>> present();

  const History& history_;
  bool begun_ = false;
  std::vector<std::weak_ptr<Follower>> followers_;
};

}  // namespace vipherd::agent
