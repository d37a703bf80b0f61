#include "agent/history.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "vipherd/base/printable.hpp"

namespace vipherd::agent {
namespace {

using model::HistoryEntry;
using model::HistoryFilter;

std::uint64_t microseconds(WallTime time) {
  const auto since_1970 = std::chrono::floor<std::chrono::microseconds>(time.time_since_epoch());
  return since_1970.count() < 0 ? 0 : static_cast<std::uint64_t>(since_1970.count());
}

std::deque<HistoryEntry>::const_iterator first_after(const std::deque<HistoryEntry>& entries,
                                                     std::uint64_t id) {
  return std::ranges::upper_bound(entries, id, {}, &HistoryEntry::id);
}

}  // namespace

const HistoryEntry& History::add(HistoryEntry entry) {
  // The clock on the wall may be set back.
  last_id_ = entry.id = std::max(last_id_ + 1, microseconds(entry.at));
  if (entry.text.size() > kLongestEntry) entry.text.resize(kLongestEntry);
  entry.text = printable(entry.text);
  Entries& place = place_of(entry);
  if (place.size() >= most_) place.pop_front();
  return place.emplace_back(std::move(entry));
}

void History::add_earlier(std::vector<HistoryEntry> entries) {
  std::uint64_t first = UINT64_MAX;
  for (const Entries* place : {&vips_, &others_}) {
    if (!place->empty()) first = std::min(first, place->front().id);
  }
  // The newest first, as long as there is room.
  std::ranges::sort(entries, std::greater{}, &HistoryEntry::id);
  for (HistoryEntry& entry : entries) {
    Entries& place = place_of(entry);
    if (entry.id >= first || place.size() >= most_) continue;
    last_id_ = std::max(last_id_, entry.id);
    place.push_front(std::move(entry));
  }
}

std::vector<HistoryEntry> History::newest(const HistoryFilter& filter, std::size_t limit) const {
  std::vector<HistoryEntry> found;
  auto vip = vips_.rbegin();
  auto other = others_.rbegin();
  while (found.size() < limit && (vip != vips_.rend() || other != others_.rend())) {
    const bool is_vip = other == others_.rend() || (vip != vips_.rend() && vip->id > other->id);
    const HistoryEntry& entry = is_vip ? *vip++ : *other++;
    if (filter.matches(entry)) found.push_back(entry);
  }
  std::ranges::reverse(found);
  return found;
}

std::vector<HistoryEntry> History::after(std::uint64_t id, const HistoryFilter& filter,
                                         std::size_t limit) const {
  std::vector<HistoryEntry> found;
  auto vip = first_after(vips_, id);
  auto other = first_after(others_, id);
  while (found.size() < limit && (vip != vips_.end() || other != others_.end())) {
    const bool is_vip = other == others_.end() || (vip != vips_.end() && vip->id < other->id);
    const HistoryEntry& entry = is_vip ? *vip++ : *other++;
    if (filter.matches(entry)) found.push_back(entry);
  }
  return found;
}

std::vector<HistoryEntry> History::all() const {
  return after(0, {}, vips_.size() + others_.size());
}

}  // namespace vipherd::agent
