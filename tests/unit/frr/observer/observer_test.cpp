// The observer over real sockets, against daemons that answer as FRR 8.4.4 did, or do not.
#include "vipherd/frr/observer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/frr/zapi/fake_zebra.hpp"
#include "unit/wire/vty/recorded.hpp"

namespace vipherd::frr {
namespace {

using model::Reach;
using model::event::Observed;
using test::Peer;
using test::recorded_answer;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using namespace std::string_literals;

IpAddress address(std::string_view text) { return *IpAddress::parse(text); }

/// One daemon: answers every command from a table, `{}` to what is not in it.
class FakeDaemon {
 public:
  FakeDaemon(boost::asio::io_context& io, std::string path)
      : peer(io, std::move(path), [this](Peer::Connection& connection) { on_bytes(connection); }) {}

  Peer peer;
  std::map<std::string, std::string> answers;
  std::vector<std::string> commands;
  bool mute = false;  ///< reads, never answers
  std::size_t most_outstanding = 0;

 private:
  void on_bytes(Peer::Connection& connection) {
    std::size_t outstanding = 0;
    while (true) {
      const auto end = std::find(connection.received.begin(), connection.received.end(), 0);
      if (end == connection.received.end()) break;
      const std::string command(connection.received.begin(), end);
      connection.received.erase(connection.received.begin(), end + 1);
      most_outstanding = std::max(most_outstanding, ++outstanding);
      commands.push_back(command);
      if (mute) continue;
      const auto found = answers.find(command);
      const std::string text = (found == answers.end() ? "{}" : found->second) + "\0\0\0\0"s;
      connection.send({text.begin(), text.end()});
    }
  }
};

/// Whatever its age.
MATCHER_P2(Said, daemon, reach, "") {
  if (arg.source() != daemon || arg.value() == nullptr) return false;
  Reach told = *arg.value();
  told.router_id.reset();  // see daemon_view_test
  return told == reach;
}

class ObserverTest : public testing::Test {
 protected:
  ObserverTest() {
    config_.zebra_vty_socket = directory_.path("zebra.vty");
    bgpd_.answers = {
        {"show bgp summary json", recorded_answer("8.4.4-bgp-summary")},
        {"show bgp ipv4 unicast 10.10.10.10/32 json", recorded_answer("8.4.4-bgp-route4")},
        {"show bgp ipv6 unicast 2001:db8:10::10/128 json", recorded_answer("8.4.4-bgp-route6")}};
    ospfd_.answers = {
        {"show ip ospf neighbor detail json", recorded_answer("8.4.4-ospf-neighbours")},
        {"show ip ospf border-routers", recorded_answer("8.4.4-ospf-border")},
        {"show ip ospf database external 10.10.10.10", recorded_answer("8.4.4-ospf-external")}};
    ospf6d_.answers = {
        {"show ipv6 ospf6", recorded_answer("8.4.4-ospf6-process")},
        {"show ipv6 ospf6 neighbor", recorded_answer("8.4.4-ospf6-neighbours")},
        {"show ipv6 ospf6 border-routers", recorded_answer("8.4.4-ospf6-border")},
        {"show ipv6 ospf6 database as-external detail", recorded_answer("8.4.4-ospf6-external")}};
  }

  void start() {
    for (FakeDaemon* daemon : {&bgpd_, &ospfd_, &ospf6d_}) daemon->peer.start();
    make();
  }
  void make() {
    observer_ = std::make_unique<Observer>(io_, config_, [this](model::Event event) {
      auto* observed = std::get_if<Observed>(&event);
      ASSERT_NE(observed, nullptr);
      observed_.push_back(std::move(*observed));
      if (on_observed_) on_observed_();
    });
  }
  bool until_observed(std::size_t count) {
    return test::run_until(io_, [&] { return observed_.size() >= count; });
  }
  /// Lets everything happen that is about to.
  void settle() {
    io_.restart();
    io_.poll();
  }

  boost::asio::io_context io_;
  test::TemporaryDirectory directory_;
  FakeDaemon bgpd_{io_, directory_.path("bgpd.vty")};
  FakeDaemon ospfd_{io_, directory_.path("ospfd.vty")};
  FakeDaemon ospf6d_{io_, directory_.path("ospf6d.vty")};
  model::FrrConfig config_;
  std::vector<Observed> observed_;
  std::function<void()> on_observed_;
  std::unique_ptr<Observer> observer_;
};

/// Of 8.4.4-bgp-summary.
const std::vector kPeers{address("192.168.100.1"), address("fd00:192::1")};

TEST_F(ObserverTest, AsksTheDaemonsOfTheFamily) {
  start();
  observer_->observe(address("10.10.10.10"), "");
  ASSERT_TRUE(until_observed(1));
  EXPECT_EQ(observed_[0].vip, address("10.10.10.10"));
  EXPECT_THAT(
      observed_[0].reach,
      ElementsAre(
          Said("bgpd", Reach{.originated = true, .neighbours = {"192.168.100.1"}, .peers = kPeers}),
          Said("ospfd", Reach{.originated = true, .neighbours = {"192.168.100.1"}, .others = 1})));
  EXPECT_THAT(ospf6d_.commands, IsEmpty());

  observer_->observe(address("2001:db8:10::10"), "");
  ASSERT_TRUE(until_observed(2));
  EXPECT_THAT(
      observed_[1].reach,
      ElementsAre(
          Said("bgpd", Reach{.originated = true, .neighbours = {"fd00:192::1"}, .peers = kPeers}),
          Said("ospf6d", Reach{.originated = true, .neighbours = {"192.168.100.1"}, .others = 1})));
}

TEST_F(ObserverTest, AsksOnlyTheConfiguredProtocols) {
  config_.protocols = {model::Protocol::ospf};
  start();
  observer_->observe(address("10.10.10.10"), "");
  ASSERT_TRUE(until_observed(1));
  EXPECT_THAT(observed_[0].reach, SizeIs(1));
  EXPECT_THAT(bgpd_.commands, IsEmpty());
}

TEST_F(ObserverTest, WithoutAProtocolThereIsNothingToReach) {
  config_.protocols.clear();
  make();
  observer_->observe(address("10.10.10.10"), "");
  ASSERT_TRUE(until_observed(1));
  EXPECT_THAT(observed_[0].reach, IsEmpty());
}

TEST_F(ObserverTest, ManyVipsShareWhatHoldsForAll) {
  start();
  constexpr std::size_t kVips = 200;
  for (std::size_t i = 0; i < kVips; ++i) {
    observer_->observe(address("10.10.11." + std::to_string(i)), "");
    observer_->observe(address("2001:db8:10::" + std::to_string(i)), "");
  }
  ASSERT_TRUE(until_observed(2 * kVips));
  const auto own = [](const std::vector<std::string>& commands, const std::string& part) {
    return std::count_if(commands.begin(), commands.end(), [&](const std::string& command) {
      return command.find(part) != std::string::npos;
    });
  };
  EXPECT_EQ(own(bgpd_.commands, "unicast"), 2 * static_cast<std::ptrdiff_t>(kVips));
  EXPECT_EQ(own(ospfd_.commands, "external"), static_cast<std::ptrdiff_t>(kVips));
  // Half a second at most between them, and a slow machine may take seconds for all.
  EXPECT_LT(own(bgpd_.commands, "summary"), 12);
  EXPECT_LT(own(ospfd_.commands, "neighbor"), 12);
  EXPECT_LT(ospf6d_.commands.size(), 48u);
  EXPECT_EQ(bgpd_.most_outstanding, 1u);
  EXPECT_EQ(ospfd_.most_outstanding, 1u);
  EXPECT_THAT(bgpd_.peer.connections, SizeIs(1));
}

TEST_F(ObserverTest, ClosesWhenNothingIsLeftToAsk) {
  start();
  observer_->observe(address("10.10.10.10"), "");
  ASSERT_TRUE(until_observed(1));
  EXPECT_TRUE(
      test::run_until(io_, [&] { return !bgpd_.peer.connections.front()->socket.is_open(); }));
}

TEST_F(ObserverTest, AVipThatWaitsIsNotAskedForTwice) {
  start();
  for (int i = 0; i < 3; ++i) observer_->observe(address("10.10.10.10"), "");
  ASSERT_TRUE(until_observed(1));
  settle();
  EXPECT_THAT(observed_, SizeIs(1));
  EXPECT_THAT(bgpd_.commands, SizeIs(2));
}

TEST_F(ObserverTest, ADaemonThatIsNotThereIsNamed) {
  ospfd_.peer.start();
  make();
  observer_->observe(address("10.10.10.10"), "");
  ASSERT_TRUE(until_observed(1));
  EXPECT_EQ(observed_[0].reach[0].value(), nullptr);
  EXPECT_EQ(observed_[0].reach[0].why_unknown(),
            "bgpd does not run (" + directory_.path("bgpd.vty") + ": No such file or directory)");
  EXPECT_TRUE(observed_[0].reach[1].value()->originated);
}

TEST_F(ObserverTest, AHungDaemonFailsAllThatWaitAtOnce) {
  bgpd_.mute = true;
  start();
  for (int i = 0; i < 50; ++i) observer_->observe(address("10.10.11." + std::to_string(i)), "");
  // Not a second each: run_until() gives up after five.
  ASSERT_TRUE(until_observed(50));
  for (const Observed& observed : observed_) {
    EXPECT_EQ(observed.reach[0].why_unknown(), "bgpd did not answer within 1s");
  }
  EXPECT_THAT(bgpd_.commands, SizeIs(1));
}

TEST_F(ObserverTest, AfterAFailureTheDaemonIsLeftAloneForAWhileAndThenAsked) {
  ospfd_.peer.start();
  make();
  observer_->observe(address("10.10.10.10"), "");
  ASSERT_TRUE(until_observed(1));
  bgpd_.peer.start();
  // Whenever one is answered the next is asked.
  on_observed_ = [this] {
    boost::asio::post(io_, [this] { observer_->observe(address("10.10.10.10"), ""); });
  };
  observer_->observe(address("10.10.10.10"), "");
  EXPECT_TRUE(test::run_until(io_, [&] { return observed_.back().reach[0].value() != nullptr; }));
  on_observed_ = nullptr;
}

TEST_F(ObserverTest, OneHungDaemonDoesNotDelayTheAnswersOfOthersBeyondTheDeadline) {
  ospfd_.mute = true;
  start();
  observer_->observe(address("10.10.10.10"), "");
  observer_->observe(address("2001:db8:10::10"), "");
  ASSERT_TRUE(until_observed(1));
  // IPv6 does not wait for ospfd.
  EXPECT_EQ(observed_[0].vip, address("2001:db8:10::10"));
  ASSERT_TRUE(until_observed(2));
  EXPECT_THAT(observed_[1].reach[0].value()->neighbours, ElementsAre("192.168.100.1"));
  EXPECT_EQ(observed_[1].reach[1].why_unknown(), "ospfd did not answer within 1s");
}

TEST_F(ObserverTest, ADaemonThatIsSlowWithEachIsGivenUpAtTheDeadline) {
  // Every answer comes 0.25 s late: none breaks a question's own deadline.
  std::vector<std::unique_ptr<boost::asio::steady_timer>> timers;
  Peer slow(io_, directory_.path("bgpd.vty"), [&](Peer::Connection& connection) {
    connection.received.clear();
    timers.push_back(
        std::make_unique<boost::asio::steady_timer>(io_, std::chrono::milliseconds(250)));
    timers.back()->async_wait([&connection](boost::system::error_code error) {
      const std::string text = "{}\0\0\0\0"s;
      if (!error && connection.socket.is_open()) connection.send({text.begin(), text.end()});
    });
  });
  slow.start();
  config_.protocols = {model::Protocol::bgp};
  make();
  for (int i = 0; i < 20; ++i) observer_->observe(address("10.10.11." + std::to_string(i)), "");
  ASSERT_TRUE(until_observed(20));
  EXPECT_THAT(observed_.back().reach[0].why_unknown(),
              HasSubstr("bgpd did not answer within 2s ("));
}

TEST_F(ObserverTest, AnUnknownCommandIsNamed) {
  Peer old(io_, directory_.path("bgpd.vty"), [](Peer::Connection& connection) {
    connection.received.clear();
    const std::string text = "% [BGP] Unknown command\0\0\0\2"s;
    connection.send({text.begin(), text.end()});
  });
  old.start();
  config_.protocols = {model::Protocol::bgp};
  make();
  observer_->observe(address("10.10.10.10"), "");
  ASSERT_TRUE(until_observed(1));
  EXPECT_EQ(observed_[0].reach[0].why_unknown(), "this bgpd does not know `show bgp summary json`");
}

TEST_F(ObserverTest, NonsenseIsAProblem) {
  bgpd_.answers["show bgp summary json"] = "]";
  ospfd_.answers["show ip ospf database external 10.10.10.10"] = "?";
  start();
  observer_->observe(address("10.10.10.10"), "");
  ASSERT_TRUE(until_observed(1));
  EXPECT_EQ(observed_[0].reach[0].why_unknown(), "bgpd: the list of sessions was not understood");
  EXPECT_EQ(observed_[0].reach[1].why_unknown(), "ospfd: ?");
}

TEST_F(ObserverTest, ALargeDatabaseIsRead) {
  std::string& database = ospf6d_.answers["show ipv6 ospf6 database as-external"];
  const std::string own = database;
  // 30,000 LSAs: more than two megabytes.
  for (int i = 0; i < 30000; ++i) {
    database += "ASE  0.0.0.1        192.168.100.3    13 80000001            2001:db8:99::10/128\n";
  }
  start();
  observer_->observe(address("2001:db8:10::10"), "");
  ASSERT_TRUE(until_observed(1));
  EXPECT_EQ(observed_[0].reach[1].why_unknown(), "");
  EXPECT_EQ(observed_[0].reach[1].value()->others, 1u);
}

TEST_F(ObserverTest, MayBeDestroyedFromWithinAnAnswer) {
  make();  // no daemon runs: everything is answered from the loop at once
  on_observed_ = [this] { observer_.reset(); };
  for (int i = 0; i < 5; ++i) observer_->observe(address("10.10.11." + std::to_string(i)), "");
  ASSERT_TRUE(until_observed(1));
  settle();
  EXPECT_THAT(observed_, SizeIs(1));
}

TEST_F(ObserverTest, NothingFollowsItsEnd) {
  start();
  observer_->observe(address("10.10.10.10"), "");
  observer_.reset();
  settle();
  EXPECT_THAT(observed_, IsEmpty());
}

TEST_F(ObserverTest, AsksInTheVrfOfTheVip) {
  bgpd_.answers = {
      {"show bgp vrf blue summary json", recorded_answer("8.4.4-bgp-summary")},
      {"show bgp vrf blue ipv4 unicast 10.10.10.10/32 json", recorded_answer("8.4.4-bgp-route4")}};
  ospfd_.answers = {
      {"show ip ospf vrf blue neighbor detail json",
       R"({"blue":{"vrfName":"blue",)" + recorded_answer("8.4.4-ospf-neighbours").substr(1) + "}"},
      {"show ip ospf vrf blue border-routers", recorded_answer("8.4.4-ospf-border")},
      {"show ip ospf vrf blue database external 10.10.10.10",
       recorded_answer("8.4.4-ospf-external")}};
  start();
  observer_->observe(address("10.10.10.10"), "blue");
  ASSERT_TRUE(until_observed(1));
  EXPECT_THAT(
      observed_[0].reach,
      ElementsAre(
          Said("bgpd", Reach{.originated = true, .neighbours = {"192.168.100.1"}, .peers = kPeers}),
          Said("ospfd", Reach{.originated = true, .neighbours = {"192.168.100.1"}, .others = 1})));
  observer_->observe(address("10.10.10.11"), "");
  ASSERT_TRUE(until_observed(2));
  EXPECT_THAT(bgpd_.commands, Contains("show bgp ipv4 unicast 10.10.10.11/32 json"));
  EXPECT_THAT(bgpd_.peer.connections, SizeIs(2)) << "one for each VRF";
}

}  // namespace
}  // namespace vipherd::frr
