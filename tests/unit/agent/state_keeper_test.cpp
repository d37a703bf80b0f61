#include "agent/state_keeper.hpp"

#include <gmock/gmock.h>

#include <condition_variable>
#include <mutex>

namespace vipherd::agent {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

const Kept kYes{};
const Kept kReadOnly{Kept::Answer::no, "read-only"};

/// A disk that fails, or does not answer, for as long as a test wants.
struct Disk {
  std::mutex mutex;
  std::condition_variable changed;
  bool answers = true;
  bool takes = true;
  int begun = 0;
  std::vector<std::uint32_t> weights;  ///< of the states written

  Result<void> write(const model::OperatorState& state) {
    std::unique_lock lock(mutex);
    ++begun;
    changed.notify_all();
    changed.wait(lock, [this] { return answers; });
    if (!takes) return fail("read-only");
    weights.push_back(state.node_weight.value());
    return {};
  }
  void set(bool does_answer, bool does_take) {
    const std::lock_guard lock(mutex);
    answers = does_answer;
    takes = does_take;
    changed.notify_all();
  }
  int count() {
    const std::lock_guard lock(mutex);
    return begun;
  }
  void wait_until_begun(int count) {
    std::unique_lock lock(mutex);
    ASSERT_TRUE(changed.wait_for(lock, 10s, [&] { return begun >= count; }));
  }
};

class StateKeeperTest : public testing::Test {
 protected:
  void start(StateKeeper::Times times = {.patience = 60s, .retry = 60s}) {
    keeper_.emplace(
        io_, [disk = disk_](const model::OperatorState& state) { return disk->write(state); },
        [this](const Kept& kept) { reports_.push_back(kept); }, times);
  }
  ~StateKeeperTest() override {
    disk_->set(true, true);
    if (keeper_) keeper_->end(10s);
  }
  void keep(std::uint32_t weight) {
    model::OperatorState state;
    state.node_weight = weight;
    keeper_->keep(state);
  }
  /// What a command would be answered.
  std::shared_ptr<std::optional<Kept>> ask() {
    auto answer = std::make_shared<std::optional<Kept>>();
    keeper_->when_known([answer](const Kept& kept) { *answer = kept; });
    return answer;
  }
  bool until(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (!condition() && std::chrono::steady_clock::now() < deadline) {
      io_.restart();
      io_.run_one_for(5ms);
    }
    return condition();
  }

  const std::shared_ptr<Disk> disk_ = std::make_shared<Disk>();
  boost::asio::io_context io_;
  std::vector<Kept> reports_;
  std::optional<StateKeeper> keeper_;
};

TEST_F(StateKeeperTest, SaysThatAStateIsKeptWhenItIs) {
  start();
  EXPECT_EQ(*ask(), kYes) << "nothing was asked for";
  disk_->set(false, true);
  keep(1);
  const auto answer = ask();
  disk_->wait_until_begun(1);
  EXPECT_EQ(*answer, std::nullopt);
  disk_->set(true, true);
  ASSERT_TRUE(until([&] { return answer->has_value(); }));
  EXPECT_EQ(*answer, kYes);
  EXPECT_THAT(disk_->weights, ElementsAre(1));
}

TEST_F(StateKeeperTest, WritesTheNewestAndOneAtATime) {
  start();
  disk_->set(false, true);
  for (std::uint32_t weight = 1; weight <= 50; ++weight) keep(weight);
  const auto answer = ask();
  disk_->wait_until_begun(1);
  disk_->set(true, true);
  ASSERT_TRUE(until([&] { return answer->has_value(); }));
  EXPECT_THAT(disk_->weights, ElementsAre(1, 50));
}

TEST_F(StateKeeperTest, SaysWhyAStateIsNotKeptAndTriesUntilItIs) {
  start({.patience = 60s, .retry = 10ms});
  disk_->set(true, false);
  keep(1);
  const auto answer = ask();
  ASSERT_TRUE(until([&] { return answer->has_value(); }));
  EXPECT_EQ(*answer, kReadOnly);
  ASSERT_TRUE(until([&] { return disk_->count() >= 3; }));
  disk_->set(true, true);
  ASSERT_TRUE(until([&] { return *ask() == kYes; }));
  EXPECT_THAT(reports_, ElementsAre(kReadOnly, kYes)) << "once each, however often it tried";
  EXPECT_THAT(disk_->weights, ElementsAre(1));
}

TEST_F(StateKeeperTest, SaysThatItDoesNotKnowOfADiskThatDoesNotAnswer) {
  start({.patience = 10ms, .retry = 60s});
  disk_->set(false, true);
  keep(1);
  const auto answer = ask();
  ASSERT_TRUE(until([&] { return answer->has_value(); }));
  EXPECT_EQ((*answer)->answer, Kept::Answer::unknown);
  keep(2);
  EXPECT_EQ((*ask())->answer, Kept::Answer::unknown) << "the next one need not wait";
  EXPECT_EQ(reports_.size(), 1U);
  disk_->set(true, true);
  ASSERT_TRUE(until([&] { return *ask() == kYes; }));
  EXPECT_THAT(disk_->weights, ElementsAre(1, 2));
}

TEST_F(StateKeeperTest, WritesTheNewestAtTheEnd) {
  start();
  disk_->set(true, false);
  keep(1);
  ASSERT_TRUE(until([&] { return reports_.size() == 1; }));
  disk_->set(true, true);
  keeper_->end(10s);
  EXPECT_THAT(disk_->weights, ElementsAre(1));
}

TEST_F(StateKeeperTest, KeepsNoLoopRunningAndDoesNotWaitForEver) {
  start();
  disk_->set(false, true);
  keep(1);
  disk_->wait_until_begun(1);
  keeper_->close();
  io_.restart();
  io_.run_for(30s);
  EXPECT_TRUE(io_.stopped());
  keeper_->end(1ms);
}

}  // namespace
}  // namespace vipherd::agent
