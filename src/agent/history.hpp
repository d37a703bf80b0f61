// The last state changes, in memory. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "vipherd/model/history.hpp"

namespace vipherd::agent {

/// Of those about VIPs, and of all others, so many each: when thousands of VIPs go, why they went
/// is still there.
inline constexpr std::size_t kMostEntries = 10'000;
/// In bytes: reasons quote what others said.
inline constexpr std::size_t kLongestEntry = 1024;

class History {
 public:
  explicit History(std::size_t most = kMostEntries) : most_(most) {}

  /// Gives it its id; returns it as it is kept.
  const model::HistoryEntry& add(model::HistoryEntry entry);
  /// What an earlier agent wrote down. What is not older than all that is here is left out.
  void add_earlier(std::vector<model::HistoryEntry> entries);

  /// The newest that match, oldest first.
  std::vector<model::HistoryEntry> newest(const model::HistoryFilter& filter,
                                          std::size_t limit) const;
  /// The first that match of those after `id`, oldest first.
  std::vector<model::HistoryEntry> after(std::uint64_t id, const model::HistoryFilter& filter,
                                         std::size_t limit) const;
  std::vector<model::HistoryEntry> all() const;
  /// 0: there is none.
  std::uint64_t last_id() const { return last_id_; }

 private:
  using Entries = std::deque<model::HistoryEntry>;
  Entries& place_of(const model::HistoryEntry& entry) { return entry.vip ? vips_ : others_; }

  std::size_t most_;
  std::uint64_t last_id_ = 0;
  // In the order of their ids.
  Entries vips_;
  Entries others_;
};

}  // namespace vipherd::agent
