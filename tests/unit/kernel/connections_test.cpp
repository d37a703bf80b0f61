// Against the real kernel and real TCP sockets, in a network namespace of each test's own.
#include "vipherd/kernel/connections.hpp"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio.hpp>
#include <chrono>
#include <list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "unit/kernel/net_namespace.hpp"

namespace vipherd::kernel {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

const std::string kVip4 = "10.10.10.10";
const std::string kVip6 = "2001:db8:10::10";
const std::string kClient4 = "10.77.0.1";
const std::string kClient6 = "2001:db8:77::1";

class ConnectionCounterTest : public ::testing::Test {
 protected:
  ConnectionCounterTest() {
    for (const std::string& address : {kVip4, kClient4, std::string("10.10.10.11")}) {
      namespace_.shell("ip addr add " + address + "/32 dev lo");
    }
    for (const std::string& address : {kVip6, kClient6}) {
      namespace_.shell("ip addr add " + address + "/128 dev lo nodad");
    }
  }

  /// Both ends of a new connection, the server's first.
  using Pair = std::pair<tcp::socket, tcp::socket>;
  Pair connect(tcp::acceptor& acceptor, const std::string& from, const std::string& to) {
    tcp::socket client(io_);
    const auto source = asio::ip::make_address(from);
    client.open(source.is_v4() ? tcp::v4() : tcp::v6());
    client.bind({source, 0});
    client.connect({asio::ip::make_address(to), acceptor.local_endpoint().port()});
    return {acceptor.accept(), std::move(client)};
  }
  tcp::acceptor listen(const std::string& address) {
    return tcp::acceptor(io_, tcp::endpoint(asio::ip::make_address(address), 0));
  }

  /// Asks again when the kernel did not answer in time: a busy machine may pause a test for longer.
  std::optional<std::uint64_t> count(const std::string& vip) {
    std::optional<std::uint64_t> seen;
    for (int tries = 0; !seen && tries < 10; ++tries) seen = count_once(vip);
    return seen;
  }
  std::optional<std::uint64_t> count_once(const std::string& vip) {
    const IpAddress address = IpAddress::parse(vip).value();
    counter_->count(address);
    counter_->count(address);  // one answer all the same
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (counted_.empty() && std::chrono::steady_clock::now() < deadline) {
      io_.restart();
      io_.run_one_until(deadline);
    }
    if (counted_.size() != 1) {
      ADD_FAILURE() << counted_.size() << " answers";
      return std::nullopt;
    }
    EXPECT_EQ(counted_.front().vip, address);
    return std::exchange(counted_, {}).front().established;
  }
  /// Counts until the number is this: the kernel changes a connection's state by itself.
  void expect_count(const std::string& vip, std::uint64_t expected) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    std::optional<std::uint64_t> seen;
    while ((seen = count(vip)) != expected && std::chrono::steady_clock::now() < deadline) {
    }
    EXPECT_EQ(seen, expected);
  }

  testing::NetNamespace namespace_;
  asio::io_context io_;
  std::vector<model::event::ConnectionsCounted> counted_;
  std::unique_ptr<ConnectionCounter> counter_ =
      std::make_unique<ConnectionCounter>(io_, [this](model::Event event) {
        counted_.push_back(std::get<model::event::ConnectionsCounted>(event));
      });
};

TEST_F(ConnectionCounterTest, CountsWhatIsConnectedToTheVip) {
  auto wildcard = listen("0.0.0.0");
  EXPECT_EQ(count(kVip4), 0u);
  auto first = connect(wildcard, kClient4, kVip4);
  auto second = connect(wildcard, kClient4, kVip4);
  auto other = connect(wildcard, kClient4, "10.10.10.11");
  EXPECT_EQ(count(kVip4), 2u);
  EXPECT_EQ(count("10.10.10.11"), 1u);
  EXPECT_EQ(count(kVip6), 0u);
  first.first.close();
  first.second.close();
  expect_count(kVip4, 1);
}

TEST_F(ConnectionCounterTest, CountsIpv6) {
  auto wildcard = listen("::");
  auto first = connect(wildcard, kClient6, kVip6);
  EXPECT_EQ(count(kVip6), 1u);
  EXPECT_EQ(count(kVip4), 0u);
}

TEST_F(ConnectionCounterTest, CountsIpv4ConnectionsOfAnIpv6Listener) {
  tcp::acceptor wildcard(io_);
  wildcard.open(tcp::v6());
  wildcard.set_option(asio::ip::v6_only(false));
  wildcard.bind({tcp::v6(), 0});
  wildcard.listen();
  auto first = connect(wildcard, kClient4, kVip4);
  EXPECT_TRUE(first.first.local_endpoint().address().to_v6().is_v4_mapped());
  EXPECT_EQ(count(kVip4), 1u);
}

TEST_F(ConnectionCounterTest, DoesNotCountTheNodesOwnAndListeners) {
  auto wildcard = listen("0.0.0.0");
  auto bound = listen(kVip4);
  auto own = connect(wildcard, kVip4, kVip4);
  EXPECT_EQ(count(kVip4), 0u);
}

TEST_F(ConnectionCounterTest, AClientThatHasSaidAllStillWaitsForTheAnswer) {
  auto wildcard = listen("0.0.0.0");
  auto half = connect(wildcard, kClient4, kVip4);
  half.second.shutdown(tcp::socket::shutdown_send);
  expect_count(kVip4, 1);  // CLOSE_WAIT
  half.first.close();
  expect_count(kVip4, 0);  // LAST_ACK, acknowledged
}

TEST_F(ConnectionCounterTest, AServerThatHasSaidAllIsNotWaitedFor) {
  auto wildcard = listen("0.0.0.0");
  auto half = connect(wildcard, kClient4, kVip4);
  half.first.shutdown(tcp::socket::shutdown_send);
  expect_count(kVip4, 0);  // FIN_WAIT2
}

TEST_F(ConnectionCounterTest, CountsManyAmongMore) {
  auto wildcard = listen("0.0.0.0");
  std::list<Pair> all;
  for (int index = 0; index < 300; ++index) {
    all.push_back(connect(wildcard, kClient4, kVip4));
    all.push_back(connect(wildcard, kClient4, "10.10.10.11"));
  }
  EXPECT_EQ(count(kVip4), 300u);
}

TEST_F(ConnectionCounterTest, AnswersAllQuestionsInOrder) {
  for (const std::string& vip : {kVip4, kVip6, std::string("10.10.10.11")}) {
    counter_->count(IpAddress::parse(vip).value());
  }
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (counted_.size() < 3 && std::chrono::steady_clock::now() < deadline) {
    io_.restart();
    io_.run_one_until(deadline);
  }
  ASSERT_EQ(counted_.size(), 3u);
  EXPECT_EQ(counted_[0].vip.to_string(), kVip4);
  EXPECT_EQ(counted_[1].vip.to_string(), kVip6);
  EXPECT_EQ(counted_[2].vip.to_string(), "10.10.10.11");
}

TEST_F(ConnectionCounterTest, MayBeDestroyedWhileBusy) {
  counter_->count(IpAddress::parse(kVip4).value());
  io_.run_one();
  counter_.reset();
  io_.restart();
  io_.run();
  EXPECT_TRUE(counted_.empty());
}

}  // namespace
}  // namespace vipherd::kernel
