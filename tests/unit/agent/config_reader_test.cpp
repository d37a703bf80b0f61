#include "agent/config_reader.hpp"

#include <gmock/gmock.h>

#include <boost/asio/post.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>

namespace vipherd::agent {
namespace {

using namespace std::chrono_literals;

/// Files on a disk that does not answer until it is told to.
struct Disk {
  std::mutex mutex;
  std::condition_variable changed;
  bool answers = false;
  int begun = 0;

  config::Loaded load() {
    std::unique_lock lock(mutex);
    const int number = ++begun;
    changed.notify_all();
    changed.wait(lock, [this] { return answers; });
    model::Config config;
    config.node.name = "reading " + std::to_string(number);
    return {std::move(config), {}};
  }
  void answer() {
    const std::lock_guard lock(mutex);
    answers = true;
    changed.notify_all();
  }
  void wait_until_begun() {
    std::unique_lock lock(mutex);
    ASSERT_TRUE(changed.wait_for(lock, 10s, [&] { return begun > 0; }));
  }
};

class ConfigReaderTest : public testing::Test {
 protected:
  explicit ConfigReaderTest(Duration patience = 60s)
      : reader_(
            io_, [disk = disk_] { return disk->load(); },
            [this](const config::Loaded& loaded) {
              read_.push_back(loaded.config->node.name + (reader_.reads_again() ? ", again" : ""));
            },
            [this] { ++slow_; }, patience) {}
  ~ConfigReaderTest() override { disk_->answer(); }
  /// Until so many were read.
  void run(std::size_t count) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (read_.size() < count && std::chrono::steady_clock::now() < end) {
      io_.restart();
      io_.run_for(10ms);
    }
  }

  const std::shared_ptr<Disk> disk_ = std::make_shared<Disk>();
  boost::asio::io_context io_;
  std::vector<std::string> read_;
  int slow_ = 0;
  ConfigReader reader_;
};

TEST_F(ConfigReaderTest, HoldsUpNothingWhileTheDiskDoesNotAnswer) {
  reader_.read();
  disk_->wait_until_begun();
  bool went_on = false;
  boost::asio::post(io_, [&] { went_on = true; });
  io_.poll();
  EXPECT_TRUE(went_on);
  EXPECT_THAT(read_, testing::IsEmpty());
  disk_->answer();
  run(1);
  EXPECT_THAT(read_, testing::ElementsAre("reading 1"));
}

TEST_F(ConfigReaderTest, ReadsOnceMoreForAllThatCameMeanwhile) {
  for (int times = 0; times < 5; ++times) reader_.read();
  disk_->answer();
  run(2);
  io_.restart();
  io_.poll();
  EXPECT_THAT(read_, testing::ElementsAre("reading 1, again", "reading 2"));
}

class HurriedConfigReaderTest : public ConfigReaderTest {
 protected:
  HurriedConfigReaderTest() : ConfigReaderTest(20ms) {}
  bool is_told(int times) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (slow_ < times && std::chrono::steady_clock::now() < end) {
      io_.restart();
      io_.run_for(5ms);
    }
    return slow_ == times;
  }
};

TEST_F(HurriedConfigReaderTest, TellsWhoeverAsksWhileTheDiskHangs) {
  reader_.read();
  EXPECT_TRUE(is_told(1));
  reader_.read();
  EXPECT_TRUE(is_told(2));
}

TEST_F(ConfigReaderTest, TellsNothingAfterItsEnd) {
  reader_.read();
  disk_->wait_until_begun();
  reader_.close();
  disk_->answer();
  io_.run_for(50ms);
  EXPECT_THAT(read_, testing::IsEmpty());
}

class ImpatientTest : public ConfigReaderTest {
 protected:
  ImpatientTest() : ConfigReaderTest(1ms) {}
};

TEST_F(ImpatientTest, SaysThatItTakesLong) {
  reader_.read();
  disk_->wait_until_begun();
  io_.run_for(100ms);
  EXPECT_EQ(slow_, 1);
  disk_->answer();
  run(1);
  EXPECT_EQ(read_.size(), 1U) << "it counts all the same";
}

}  // namespace
}  // namespace vipherd::agent
