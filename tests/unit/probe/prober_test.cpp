// What holds for all kinds: one result a start, none after a cancellation.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "unit/probe/probe_fixture.hpp"

namespace vipherd::probe {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::IsEmpty;

/// Each test runs with each kind.
class ProberTest : public testing::ProbeTest, public ::testing::WithParamInterface<const char*> {
 protected:
  model::Settings settings(const std::string& address) const {
    if (std::string(GetParam()) == "tcp") return {{"address", address}};
    return {{"url", std::string(GetParam()) + "://" + address + "/"}};
  }
  void start(const std::string& check, std::uint64_t generation, const std::string& address,
             Duration timeout = seconds(5)) {
    prober_->start({"web", check}, generation, config(GetParam(), settings(address), timeout));
  }
  /// What is in the loop by now is done after this.
  void drain() {
    io_.restart();
    io_.poll();
  }
};

INSTANTIATE_TEST_SUITE_P(Kinds, ProberTest, ::testing::Values("http", "https", "tcp"));

TEST_P(ProberTest, CancelledProbesDoNotFinish) {
  const testing::DeafPort port(io_);
  const testing::ClosedPort closed(io_);
  start("deaf", 1, port.address(), milliseconds(20));
  start("closed", 2, closed.address());
  start("deadline", 3, port.address(), milliseconds(60));
  prober_->cancel({"web", "deaf"});
  prober_->cancel({"web", "closed"});
  prober_->cancel({"web", "never started"});
  ASSERT_TRUE(run_until([&] { return !finished_.empty(); }));
  ASSERT_EQ(finished_.size(), 1u);
  EXPECT_EQ(finished_[0].generation, 3u);
}

TEST_P(ProberTest, ASecondStartReplacesTheFirst) {
  const testing::DeafPort port(io_);
  const testing::ClosedPort closed(io_);
  start("it", 1, port.address(), milliseconds(20));
  start("it", 2, closed.address());
  start("other", 3, port.address(), milliseconds(60));
  ASSERT_TRUE(run_until([&] { return finished_.size() == 2; }));
  EXPECT_EQ(finished_[0].generation, 2u);
  EXPECT_EQ(finished_[1].generation, 3u);
}

TEST_P(ProberTest, DestructionEndsProbesInFlight) {
  const testing::DeafPort port(io_);
  const testing::ClosedPort closed(io_);
  start("deaf", 1, port.address(), milliseconds(1));
  start("closed", 2, closed.address());
  drain();
  finished_.clear();
  start("closed", 3, closed.address());
  prober_.reset();
  io_.restart();
  io_.run();
  EXPECT_THAT(finished_, IsEmpty());
}

TEST_P(ProberTest, MayBeDestroyedByItsOwnSink) {
  const testing::ClosedPort closed(io_);
  on_finished_ = [this] { prober_.reset(); };
  for (int check = 0; check < 8; ++check) start(std::to_string(check), 1, closed.address());
  io_.restart();
  io_.run();
  EXPECT_EQ(finished_.size(), 1u);
}

TEST_P(ProberTest, TheSinkMayStartAndCancel) {
  const testing::ClosedPort closed(io_);
  std::uint64_t generation = 0;
  on_finished_ = [&] {
    prober_->cancel({"web", "b"});
    if (generation < 20) start("a", ++generation, closed.address());
    if (generation < 20) start("b", 1000 + generation, closed.address());
  };
  start("a", ++generation, closed.address());
  start("b", 1000, closed.address());
  io_.restart();
  io_.run();
  std::vector<std::uint64_t> seen;
  for (const auto& finished : finished_) {
    if (finished.check.check == "a") seen.push_back(finished.generation);
  }
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  EXPECT_EQ(std::adjacent_find(seen.begin(), seen.end()), seen.end());
  EXPECT_EQ(generation, 20u);
}

TEST_P(ProberTest, ManyProbesAtOnceEndOnceEach) {
  const testing::ClosedPort closed(io_);
  constexpr std::size_t kMany = 300;
  for (std::size_t check = 0; check < kMany; ++check) {
    start(std::to_string(check), check, closed.address());
  }
  io_.restart();
  io_.run();
  ASSERT_EQ(finished_.size(), kMany);
  std::set<std::uint64_t> generations;
  for (const auto& finished : finished_) {
    generations.insert(finished.generation);
    EXPECT_EQ(finished.result.reason, "connect to " + closed.address() + " refused");
  }
  EXPECT_EQ(generations.size(), kMany);
}

class UnknownKindTest : public testing::ProbeTest {};

TEST_F(UnknownKindTest, Fails) {
  auto made = std::make_shared<model::CheckConfig>();
  made->type = "carrier-pigeon";
  prober_->start({"web", "it"}, 1, made);
  ASSERT_TRUE(run_until([&] { return !finished_.empty(); }));
  const model::ProbeResult& result = finished_[0].result;
  EXPECT_FALSE(result.pass);
  EXPECT_EQ(result.reason, "the check could not run: there is no type carrier-pigeon");
}

TEST_P(ProberTest, WithoutADescriptorItCouldNotRun) {
  const testing::ClosedPort closed(io_);
  // Whatever the loop itself needs is there after a first probe.
  EXPECT_EQ(run(GetParam(), settings(closed.address())).failure, model::Failure::refused);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const int free = ::dup(0);
  ::close(free);
  for (const int left : {0, 1}) {
    rlimit few = before;
    few.rlim_cur = static_cast<rlim_t>(free + left);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
    const model::ProbeResult result = run(GetParam(), settings(closed.address()));
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    EXPECT_FALSE(result.pass);
    if (left == 1 && std::string(GetParam()) != "https") continue;  // one suffices
    EXPECT_EQ(result.failure, model::Failure::not_run) << result.reason;
    EXPECT_EQ(result.reason, "the check could not run: Too many open files");
  }
}

class AimsTest : public testing::ProbeTest {
 protected:
  /// One probe of all these addresses.
  model::ProbeResult run_vip_targets(const std::vector<std::string>& addresses,
                                     Duration timeout = seconds(5)) {
    auto made = std::make_shared<model::CheckConfig>();
    made->type = "tcp";
    made->timeout = timeout;
    for (const std::string& address : addresses)
      made->vip_targets.push_back(testing::prepared("tcp", {{"address", address}}));
    finished_.clear();
    prober_->start({"web", "it"}, 1, made);
    EXPECT_TRUE(run_until([&] { return !finished_.empty(); }));
    io_.restart();
    io_.poll();
    EXPECT_EQ(finished_.size(), 1u) << "one result for all";
    return finished_.at(0).result;
  }
};

TEST_F(AimsTest, AllMustPass) {
  testing::Server one(io_, [](testing::Socket) {});
  testing::Server other(io_, [](testing::Socket) {});
  const model::ProbeResult result = run_vip_targets({one.address(), other.address()});
  EXPECT_TRUE(result.pass);
  EXPECT_THAT(result.reason, ::testing::EndsWith(" (the last of 2 VIPs)"));
  EXPECT_TRUE(run_until([&] { return one.accepted() == 1 && other.accepted() == 1; }));
}

TEST_F(AimsTest, TheFirstThatFailsDecides) {
  testing::Server one(io_, [](testing::Socket) {});
  const testing::ClosedPort closed(io_);
  const testing::DeafPort deaf(io_);
  const model::ProbeResult result =
      run_vip_targets({one.address(), deaf.address(), closed.address()});
  EXPECT_FALSE(result.pass);
  EXPECT_EQ(result.reason, "connect to " + closed.address() + " refused");
  EXPECT_EQ(result.failure, model::Failure::refused);
}

TEST_F(AimsTest, OneThatIsLateFailsAll) {
  testing::Server one(io_, [](testing::Socket) {});
  const testing::DeafPort deaf(io_);
  const model::ProbeResult result =
      run_vip_targets({one.address(), deaf.address()}, milliseconds(50));
  EXPECT_FALSE(result.pass);
  EXPECT_EQ(result.reason, "no connection within 50 ms");
}

TEST_F(AimsTest, ManyThatStartAtOnceAllHaveTheirTime) {
  testing::Server server(io_, [](testing::Socket) {});
  auto made = config("tcp", {{"address", server.address()}}, seconds(5));
  std::set<std::string> open;
  for (int number = 0; number < 1000; ++number) {
    const std::string name = std::to_string(number);
    prober_->start({"web", name}, 1, made);
    if (number % 10 == 0) {
      prober_->cancel({"web", name});
    } else {
      open.insert(name);
    }
  }
  ASSERT_TRUE(run_until([&] { return finished_.size() == open.size(); }));
  for (const auto& finished : finished_) {
    EXPECT_TRUE(finished.result.pass) << finished.result.reason;
    EXPECT_EQ(open.erase(finished.check.check), 1u);
  }
}

}  // namespace
}  // namespace vipherd::probe
