#include "vipherd/files/worker_pool.hpp"

#include <gmock/gmock.h>

#include <condition_variable>
#include <future>
#include <mutex>

namespace vipherd::files {
namespace {

using namespace std::chrono_literals;

/// Work that waits for a test, and a loop that is turned by hand.
class WorkerPoolTest : public testing::Test {
 protected:
  ~WorkerPoolTest() override { go_on_.set_value(); }

  Worker::Deliver deliver() {
    return [shared = shared_](std::function<void()> done) {
      const std::lock_guard lock(shared->mutex);
      shared->delivered.push_back(std::move(done));
      shared->changed.notify_all();
    };
  }
  bool run_for_ever(const std::string& subject) {
    auto begun = std::make_shared<std::promise<void>>();
    auto begins = begun->get_future();
    const bool taken = pool_.run(
                           subject,
                           [begun, gone = gone_] {
                             begun->set_value();
                             gone.wait();
                           },
                           [] { ADD_FAILURE() << "it does not return"; }) == WorkerPool::Taken::yes;
    if (taken) begins.wait();
    return taken;
  }
  /// Whether it was done.
  bool run_quickly(const std::string& subject) {
    bool told = false;
    if (pool_.run(
            subject, [] {}, [&] { told = true; }) != WorkerPool::Taken::yes)
      return false;
    std::unique_lock lock(shared_->mutex);
    EXPECT_TRUE(shared_->changed.wait_for(lock, 10s, [&] { return !shared_->delivered.empty(); }));
    const auto delivered = std::exchange(shared_->delivered, {});
    lock.unlock();
    for (const auto& done : delivered) done();
    return told;
  }

  struct Shared {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::function<void()>> delivered;
  };
  const std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
  std::promise<void> go_on_;
  const std::shared_future<void> gone_ = go_on_.get_future().share();
  WorkerPool pool_{deliver(), 3, 1ms};
};

TEST_F(WorkerPoolTest, WorkThatIsStuckHoldsUpNoOther) {
  ASSERT_TRUE(run_for_ever("/a"));
  std::this_thread::sleep_for(2ms);
  EXPECT_TRUE(run_quickly("/b"));
  EXPECT_TRUE(run_quickly("/b"));
  EXPECT_FALSE(run_quickly("/a")) << "not once more";
}

TEST_F(WorkerPoolTest, TakesNoMoreThreadsThanItMay) {
  for (const char* subject : {"/a", "/b", "/c"}) {
    ASSERT_TRUE(run_for_ever(subject));
    std::this_thread::sleep_for(2ms);
  }
  EXPECT_FALSE(run_quickly("/d"));
}

}  // namespace
}  // namespace vipherd::files
