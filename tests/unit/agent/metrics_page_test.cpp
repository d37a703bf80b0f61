#include "agent/metrics_page.hpp"

#include <gmock/gmock.h>

#include <thread>

namespace vipherd::agent {
namespace {

using namespace std::chrono_literals;

struct Page {
  boost::asio::io_context io;
  MetricsPage page{io};
  int statuses = 0;
  Duration pause{};
  std::vector<api::Response> answers;

  void ask() {
    page.answer(
        [this] {
          ++statuses;
          std::this_thread::sleep_for(pause);
          model::Status status;
          status.node = "lb1";
          return status;
        },
        [this](api::Response answer) { answers.push_back(std::move(answer)); });
  }
  /// Until there are so many answers, or it takes too long.
  void await(std::size_t count) {
    const auto work = boost::asio::make_work_guard(io);
    for (int waits = 0; answers.size() < count && waits < 1000; ++waits) io.run_one_for(10ms);
  }
};

TEST(MetricsPage, AnswersAllWhoAskMeanwhileWithOneText) {
  Page page;
  page.ask();
  page.ask();
  EXPECT_TRUE(page.answers.empty()) << "the loop makes no text";
  page.await(2);
  ASSERT_EQ(page.answers.size(), 2U);
  EXPECT_EQ(page.statuses, 1);
  EXPECT_EQ(page.answers[0].status, 200U);
  EXPECT_THAT(page.answers[0].content_type, testing::StartsWith("text/plain"));
  EXPECT_THAT(page.answers[0].body, testing::HasSubstr("node=\"lb1\""));
  EXPECT_EQ(page.answers[0].body, page.answers[1].body) << "each has all of it";
  std::this_thread::sleep_for(100ms);
  page.ask();
  page.await(3);
  EXPECT_EQ(page.statuses, 2) << "what is asked for later is made anew";
}

TEST(MetricsPage, IsGivenAgainForAsLongAsItsStatusWasDear) {
  Page page;
  page.pause = 200ms;
  page.ask();
  page.await(1);
  page.ask();
  ASSERT_EQ(page.answers.size(), 2U) << "at once";
  EXPECT_EQ(page.answers[0].body, page.answers[1].body);
  EXPECT_EQ(page.statuses, 1);
}

TEST(MetricsPage, ShowsWhatTheProcessCosts) {
  Page page;
  page.ask();
  page.await(1);
  ASSERT_EQ(page.answers.size(), 1U);
  for (const char* name : {"process_cpu_seconds_total", "process_resident_memory_bytes",
                           "process_start_time_seconds", "process_open_fds", "process_max_fds"}) {
    EXPECT_THAT(page.answers[0].body, testing::HasSubstr("\n" + std::string(name) + " "));
    EXPECT_THAT(page.answers[0].body, testing::Not(testing::HasSubstr(std::string(name) + " 0\n")));
  }
}

TEST(MetricsPage, AnswersNobodyOnceItIsClosed) {
  Page page;
  page.ask();
  page.page.close();
  const auto work = boost::asio::make_work_guard(page.io);
  page.io.run_for(200ms);
  EXPECT_TRUE(page.answers.empty());
}

}  // namespace
}  // namespace vipherd::agent
