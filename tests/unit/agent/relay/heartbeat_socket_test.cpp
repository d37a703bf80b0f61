#include "agent/relay/heartbeat_socket.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <vector>

namespace vipherd::agent {
namespace {

using namespace std::chrono_literals;

/// Tests of other processes run at the same time.
const auto kTestPort = static_cast<std::uint16_t>(10'000 + ::getpid() % 20'000);

SocketAddress at(const char* address) { return {IpAddress::parse(address).value(), kTestPort}; }

class HeartbeatSocketTest : public ::testing::Test {
 protected:
  std::unique_ptr<HeartbeatSocket> open(const char* address, std::vector<std::string>& heard) {
    auto socket = HeartbeatSocket::open(
        io_, at(address), siblings_,
        [&heard](const IpAddress& from, std::span<const std::uint8_t> bytes) {
          heard.push_back(from.to_string() + " " + std::string(bytes.begin(), bytes.end()));
        });
    EXPECT_TRUE(socket) << socket.error().what;
    return socket ? std::move(*socket) : nullptr;
  }
  static void send(HeartbeatSocket& socket, const char* to, const std::string& text) {
    socket.send(IpAddress::parse(to).value(),
                {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  }

  boost::asio::io_context io_;
  std::vector<IpAddress> siblings_{IpAddress::parse("127.0.0.1").value(),
                                   IpAddress::parse("127.0.0.2").value(),
                                   IpAddress::parse("::1").value()};
  std::vector<std::string> one_heard_;
  std::vector<std::string> two_heard_;
};

TEST_F(HeartbeatSocketTest, SendsFromItsAddressAndSaysWhoSent) {
  const auto one = open("127.0.0.1", one_heard_);
  const auto two = open("127.0.0.2", two_heard_);
  send(*one, "127.0.0.2", "hello");
  send(*one, "127.0.0.9", "to an empty place");
  io_.run_for(50ms);
  EXPECT_THAT(two_heard_, testing::ElementsAre("127.0.0.1 hello"));
  send(*two, "127.0.0.1", "and you");
  io_.restart();
  io_.run_for(50ms);
  EXPECT_THAT(one_heard_, testing::ElementsAre("127.0.0.2 and you"));
}

TEST_F(HeartbeatSocketTest, IPv6IsTheSame) {
  const auto one = open("::1", one_heard_);
  send(*one, "::1", "myself");
  io_.run_for(50ms);
  EXPECT_THAT(one_heard_, testing::ElementsAre("::1 myself"));
}

TEST_F(HeartbeatSocketTest, TakesOnlySoMuchUntilTheNextRound) {
  const auto one = open("127.0.0.1", one_heard_);
  const auto two = open("127.0.0.2", two_heard_);
  for (int number = 0; number < 250; ++number) send(*one, "127.0.0.2", "again");
  io_.run_for(100ms);
  const std::size_t at_first = two_heard_.size();
  EXPECT_EQ(at_first, 189u);
  two->listen_again();
  io_.restart();
  io_.run_for(100ms);
  EXPECT_GT(two_heard_.size(), at_first);
}

TEST_F(HeartbeatSocketTest, AFloodOfStrangersTakesNoPlace) {
  siblings_ = {IpAddress::parse("127.0.0.1").value()};
  const auto one = open("127.0.0.1", one_heard_);
  const auto stranger = open("127.0.0.3", one_heard_);
  const auto two = open("127.0.0.2", two_heard_);
  // Far more than the socket has room for.
  for (int number = 0; number < 5000; ++number) send(*stranger, "127.0.0.2", std::string(100, 'x'));
  send(*one, "127.0.0.2", "still heard");
  io_.run_for(100ms);
  EXPECT_THAT(two_heard_, testing::ElementsAre("127.0.0.1 still heard"));
}

TEST_F(HeartbeatSocketTest, AnIpv6AddressThatDiffersInItsLastWordIsAStranger) {
  siblings_ = {IpAddress::parse("::2").value(), IpAddress::parse("1::1").value()};
  const auto one = open("::1", one_heard_);
  send(*one, "::1", "myself");
  io_.run_for(50ms);
  EXPECT_THAT(one_heard_, testing::IsEmpty());
}

TEST_F(HeartbeatSocketTest, SaysWhyItCannotListen) {
  const auto one = open("127.0.0.1", one_heard_);
  const auto again = HeartbeatSocket::open(io_, at("127.0.0.1"), {}, {});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().what, "cannot listen for heartbeats at " + at("127.0.0.1").to_string() +
                                    "/udp: Address already in use");
}

}  // namespace
}  // namespace vipherd::agent
