// Several nodes in virtual time on a network that loses, delays, repeats and replays, with crashes,
// hand-overs and orderly ends, driven by one seed a history. A node must never be taken for alive
// long after it died; and once the faults end, all nodes must know the same ring.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <vector>

#include "vipherd/core/siblings.hpp"

namespace vipherd::core {
namespace {

using model::Heartbeat;
using namespace std::chrono_literals;

IpAddress address_of_node(std::size_t index) {
  return IpAddress::parse("192.0.2." + std::to_string(index + 1)).value();
}

class Cluster {
 public:
  explicit Cluster(std::uint64_t seed) : random_(seed), nodes_(2 + below(5)) {
    for (std::size_t index = 0; index < nodes_.size(); ++index) start(index);
  }

  /// Empty, or what is wrong.
  std::string run() {
    for (int round = 0; round < 60; ++round) {
      make_mischief();
      if (auto wrong = pass(100ms); !wrong.empty()) return wrong;
    }
    faults_ = false;
    cut_.clear();
    for (std::size_t index = 0; index < nodes_.size(); ++index) {
      if (!nodes_[index].siblings && chance(50)) start(index);
    }
    if (auto wrong = pass(kSuccessorPatience + 1s); !wrong.empty()) return wrong;
    return check_agreement();
  }

 private:
  struct Node {
    std::optional<Siblings> siblings;
    TimePoint beats_at{};
    TimePoint died_at{};
    bool awaited = false;  ///< it handed over
  };
  struct Message {
    TimePoint at;
    std::size_t from;
    std::size_t to;
    Heartbeat heartbeat;
  };

  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
  bool chance(unsigned percent) { return below(100) < percent; }

  void start(std::size_t index) {
    Node& node = nodes_[index];
    node.siblings.emplace(random_() | 1);
    std::vector<IpAddress> others;
    for (std::size_t other = 0; other < nodes_.size(); ++other) {
      if (other != index) others.push_back(address_of_node(other));
    }
    node.siblings->set(others, now_);
    node.beats_at = now_ + std::chrono::milliseconds(below(100));
  }

  void make_mischief() {
    const std::size_t index = below(nodes_.size());
    Node& node = nodes_[index];
    switch (below(8)) {
      case 0:
        if (node.siblings) end(index, std::nullopt);
        break;
      case 1:
        if (node.siblings) end(index, Heartbeat::Kind::leaving);
        break;
      case 2:
        if (node.siblings) end(index, Heartbeat::Kind::handing_over);
        break;
      case 3:
      case 4:
        if (!node.siblings) start(index);
        break;
      case 5:
        cut_.insert({index, below(nodes_.size())});  // in one direction
        break;
      case 6:
        cut_.clear();
        break;
      default:
        // A recorded message is sent again.
        if (!recorded_.empty()) {
          Message again = recorded_[below(recorded_.size())];
          again.at = now_ + 1ms;
          on_the_way_.push_back(again);
        }
    }
  }

  void end(std::size_t index, std::optional<Heartbeat::Kind> said) {
    Node& node = nodes_[index];
    if (said) send(index, node.siblings->heartbeats(*said, now_));
    node.awaited = said == Heartbeat::Kind::handing_over;
    node.siblings.reset();
    node.died_at = now_;
  }

  void send(std::size_t from, const std::vector<Siblings::Outgoing>& heartbeats) {
    for (const auto& [to, heartbeat] : heartbeats) {
      const std::size_t receiver = to.bytes()[3] - 1u;
      const Message message{now_ + std::chrono::microseconds(100 + below(20'000)), from, receiver,
                            heartbeat};
      recorded_.push_back(message);
      if (cut_.contains({from, receiver}) || (faults_ && chance(5))) continue;
      on_the_way_.push_back(message);
    }
  }

  std::string pass(Duration lasting) {
    for (const TimePoint end_at = now_ + lasting; now_ < end_at; now_ += 1ms) {
      for (std::size_t index = 0; index < nodes_.size(); ++index) {
        Node& node = nodes_[index];
        if (!node.siblings || now_ < node.beats_at) continue;
        node.beats_at = now_ + kHeartbeatEvery;
        node.siblings->look(now_);
        send(index, node.siblings->heartbeats(Heartbeat::Kind::alive, now_));
      }
      const auto due = std::partition(on_the_way_.begin(), on_the_way_.end(),
                                      [&](const Message& message) { return message.at > now_; });
      const std::vector<Message> arrived(due, on_the_way_.end());
      on_the_way_.erase(due, on_the_way_.end());
      for (const Message& message : arrived) deliver(message);
      if (auto wrong = check_the_dead(); !wrong.empty()) return wrong;
    }
    return "";
  }

  void deliver(const Message& message) {
    auto& receiver = nodes_[message.to].siblings;
    if (!receiver) return;
    auto answer = receiver->hear(address_of_node(message.from), message.heartbeat, now_);
    if (answer) send(message.to, {*answer});
  }

  std::string check_the_dead() {
    // Missed heartbeats, a beat's way, and the receiver's own pace of looking.
    constexpr Duration kLongest = kSilentAfter + 2 * kHeartbeatEvery + 50ms;
    for (std::size_t dead = 0; dead < nodes_.size(); ++dead) {
      const Node& gone = nodes_[dead];
      const Duration limit = kLongest + (gone.awaited ? kSuccessorPatience : Duration{});
      if (gone.siblings || now_ < gone.died_at + limit) continue;
      for (std::size_t index = 0; index < nodes_.size(); ++index) {
        if (!nodes_[index].siblings) continue;
        const auto known = nodes_[index].siblings->known().at(address_of_node(dead));
        // One that began a moment ago waits to hear of it.
        if (known.state == model::SiblingState::unknown && now_ < known.since + kLongest) continue;
        if (known.state == model::SiblingState::alive ||
            known.state == model::SiblingState::unknown) {
          return "node " + std::to_string(dead) + " is dead, but " +
                 std::string(to_string(known.state)) + " to node " + std::to_string(index);
        }
      }
    }
    return "";
  }

  /// Whichever node begins, the ring goes through all live nodes, in one order.
  std::string check_agreement() const {
    std::vector<IpAddress> live;
    for (std::size_t index = 0; index < nodes_.size(); ++index) {
      if (nodes_[index].siblings) live.push_back(address_of_node(index));
    }
    for (std::size_t place = 0; place < live.size(); ++place) {
      std::vector<IpAddress> expected = live;
      std::ranges::rotate(expected, expected.begin() + static_cast<std::ptrdiff_t>(place));
      expected.erase(expected.begin());
      const auto& node = nodes_[live[place].bytes()[3] - 1u];
      if (node.siblings->ring(live[place]) != expected) {
        return live[place].to_string() + " has another ring than the others";
      }
    }
    return "";
  }

  std::mt19937_64 random_;
  TimePoint now_{1000s};
  bool faults_ = true;
  std::vector<Node> nodes_;
  std::vector<Message> on_the_way_;
  std::vector<Message> recorded_;
  std::set<std::pair<std::size_t, std::size_t>> cut_;
};

TEST(SiblingsSimulation, NoDeadNodeIsAliveAndAllAgreeInTheEnd) {
  constexpr std::uint64_t kHistories = 200;
  for (std::uint64_t seed = 1; seed <= kHistories; ++seed) {
    ASSERT_EQ(Cluster(seed).run(), "") << "seed " << seed;
  }
}

}  // namespace
}  // namespace vipherd::core
