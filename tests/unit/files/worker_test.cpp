#include "vipherd/files/worker.hpp"

#include <gmock/gmock.h>

#include <future>
#include <mutex>
#include <vector>

namespace vipherd::files {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

/// A loop that is turned by hand.
class WorkerTest : public testing::Test {
 protected:
  Worker::Deliver deliver() {
    return [this](std::function<void()> done) {
      const std::lock_guard lock(mutex_);
      delivered_.push_back(std::move(done));
      changed_.notify_all();
    };
  }
  /// Calls what was delivered, once there are so many.
  void turn(std::size_t count) {
    std::vector<std::function<void()>> ready;
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(changed_.wait_for(lock, 10s, [&] { return delivered_.size() >= count; }));
    ready.swap(delivered_);
    lock.unlock();
    for (const auto& done : ready) done();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::function<void()>> delivered_;
};

TEST_F(WorkerTest, DoesTheWorkElsewhereAndInItsOrder) {
  std::vector<int> done;
  std::vector<int> told;
  std::thread::id where;
  Worker worker(deliver());
  for (int number = 0; number < 3; ++number) {
    ASSERT_TRUE(worker.run(
        [&, number] {
          done.push_back(number);
          where = std::this_thread::get_id();
        },
        [&, number] { told.push_back(number); }));
  }
  turn(3);
  EXPECT_THAT(done, ElementsAre(0, 1, 2));
  EXPECT_THAT(told, ElementsAre(0, 1, 2));
  EXPECT_NE(where, std::this_thread::get_id());
}

TEST_F(WorkerTest, EndsWhenAllIsDone) {
  int done = 0;
  Worker worker(deliver());
  for (int count = 0; count < 100; ++count) worker.run([&] { ++done; }, [] {});
  EXPECT_TRUE(worker.end(10s));
  EXPECT_EQ(done, 100);
  EXPECT_FALSE(worker.run([&] { ++done; }, [] {})) << "it takes no more";
}

TEST_F(WorkerTest, LeavesAThreadBehindThatWaitsForEverAndHearsNothingOfIt) {
  std::promise<void> begun;
  const auto go_on = std::make_shared<std::promise<void>>();
  const auto gone = std::make_shared<std::promise<void>>();
  {
    Worker worker(deliver());
    worker.run(
        [&begun, go_on, gone] {
          begun.set_value();
          go_on->get_future().wait();
          gone->set_value_at_thread_exit();
        },
        [] {});
    begun.get_future().wait();
    EXPECT_FALSE(worker.end(1ms));
  }
  EXPECT_TRUE(Worker::left_any_behind());
  go_on->set_value();
  gone->get_future().wait();
  EXPECT_FALSE(Worker::left_any_behind()) << "it has ended";
  EXPECT_THAT(delivered_, ElementsAre());
}

}  // namespace
}  // namespace vipherd::files
