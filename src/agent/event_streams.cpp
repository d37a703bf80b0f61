#include "agent/event_streams.hpp"

#include <string>
#include <utility>

#include "vipherd/wire/json/history.hpp"

namespace vipherd::agent {
namespace {

/// Made in one go: a fraction of a millisecond.
constexpr std::size_t kAtOnce = 32;

}  // namespace

/// What one client has yet to be told.
struct EventStreams::Follower : api::Stream {
  model::HistoryFilter filter;
  std::uint64_t last = 0;  ///< everything up to it was told, or is not wanted
  bool begun = false;
  bool pinged = false;

  std::string take(const History& history, bool is_complete) {
    // A client that lost its connection waits so many milliseconds.
    std::string text = std::exchange(begun, true) ? "" : "retry: 1000\n\n";
    if (!is_complete) return text;
    const auto entries = history.after(last, filter, kAtOnce);
    for (const model::HistoryEntry& entry : entries) {
      text += "id: " + std::to_string(entry.id) +
              "\nevent: change\ndata: " + wire::encode_entry(entry) + "\n\n";
    }
    last = entries.size() < kAtOnce ? history.last_id() : entries.back().id;
    if (std::exchange(pinged, false) && text.empty()) text = ":\n\n";
    return text;
  }
};

api::Response EventStreams::open(const model::HistoryFilter& filter,
                                 std::optional<std::uint64_t> after) {
  const auto follower = std::make_shared<Follower>();
  follower->filter = filter;
  follower->last = after.value_or(history_.last_id());
  follower->next = [this, weak = std::weak_ptr(follower)] {
    const auto self = weak.lock();
    return self ? self->take(history_, begun_) : "";
  };
  followers_.push_back(follower);
  api::Response response{200, "text/event-stream", ""};
  response.stream = follower;
  return response;
}

std::vector<std::shared_ptr<EventStreams::Follower>> EventStreams::present() {
  std::vector<std::shared_ptr<Follower>> all;
  std::erase_if(followers_, [&](const std::weak_ptr<Follower>& weak) {
    auto follower = weak.lock();
    const bool gone = follower == nullptr;
    if (!gone) all.push_back(std::move(follower));
    return gone;
  });
  return all;
}

void EventStreams::begin() {
  if (!std::exchange(begun_, true)) wake();
}

void EventStreams::wake() {
  for (const auto& follower : present()) follower->wake();
}

void EventStreams::ping() {
  for (const auto& follower : present()) {
    follower->pinged = true;
    follower->wake();
  }
}

}  // namespace vipherd::agent
