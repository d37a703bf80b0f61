#include "agent/log_writer.hpp"

#include <gmock/gmock.h>

#include <future>
#include <mutex>

namespace vipherd::agent {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

/// What a writer writes; held up for as long as a test wants.
class Log {
 public:
  LogWriter::Write write() {
    return [state = state_](const LogLine& line) {
      if (line.text == "stop") {
        state->stopped.set_value();
        state->go_on.get_future().wait();
      }
      const std::lock_guard lock(state->mutex);
      state->lines.push_back(line.text);
    };
  }
  std::vector<std::string> lines() const {
    const std::lock_guard lock(state_->mutex);
    return state_->lines;
  }
  void wait_until_stopped() { state_->stopped.get_future().wait(); }
  void go_on() { state_->go_on.set_value(); }

 private:
  struct State {
    std::mutex mutex;
    std::vector<std::string> lines;
    std::promise<void> stopped;
    std::promise<void> go_on;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();  // also of a thread left behind
};

LogLine line(std::string text) {
  return {std::chrono::system_clock::now(), model::LogLevel::info, std::move(text)};
}

TEST(LogWriter, WritesEverythingInItsOrder) {
  Log log;
  LogWriter writer(log.write(), 1 << 20);
  std::vector<std::string> expected;
  for (int number = 0; number < 1000; ++number) {
    expected.push_back(std::to_string(number));
    writer.push(line(expected.back()));
  }
  EXPECT_TRUE(writer.end(10s));
  EXPECT_EQ(log.lines(), expected);
  EXPECT_EQ(writer.lost_by_waiting(0s), 0U) << "it has ended";
}

TEST(LogWriter, WaitsForNobodyAndTellsWhatWasLostWhereItWasLost) {
  Log log;
  LogWriter writer(log.write(), 3 * (sizeof(LogLine) + 1));
  writer.push(line("stop"));
  log.wait_until_stopped();
  EXPECT_EQ(writer.lost_by_waiting(10s), std::nullopt);
  EXPECT_EQ(writer.lost_by_waiting(0s), 0U);
  for (const char* text : {"1", "2", "3", "4", "5"}) writer.push(line(text));
  EXPECT_EQ(writer.lost_by_waiting(10s), 2U);
  log.go_on();
  EXPECT_TRUE(writer.end(10s));
  EXPECT_THAT(log.lines(), ElementsAre("stop", "2 log lines were lost here: the log was not read",
                                       "3", "4", "5"));
}

TEST(LogWriter, IsNotSaidToBeUnreadWhenItIsRead) {
  Log log;
  LogWriter writer(log.write(), 1 << 20);
  EXPECT_EQ(writer.lost_by_waiting(0s), std::nullopt);
  writer.push(line("stop"));
  log.wait_until_stopped();
  log.go_on();
  for (int turn = 0; turn < 5000 && writer.lost_by_waiting(0s); ++turn) {
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_EQ(writer.lost_by_waiting(0s), std::nullopt);
}

TEST(LogWriter, LeavesAThreadBehindThatWaitsForEver) {
  Log log;
  {
    LogWriter writer(log.write(), 1 << 20);
    writer.push(line("stop"));
    writer.push(line("never"));
    log.wait_until_stopped();
    EXPECT_FALSE(writer.end(1ms));
    writer.push(line("too late"));
  }
  EXPECT_THAT(log.lines(), ElementsAre());
  log.go_on();
}

}  // namespace
}  // namespace vipherd::agent
