#include "frr/unix_stream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/frr/zapi/fake_zebra.hpp"

namespace vipherd::frr {
namespace {

using std::chrono::milliseconds;
using test::Peer;
using test::run_until;
using testing::HasSubstr;

class UnixStreamTest : public testing::Test {
 protected:
  void open(StreamLimits limits = {}) {
    stream_ = std::make_shared<UnixStream>(
        io_, directory_.path("socket"),
        UnixStream::Handlers{
            .connected = [this] { connected_ = true; },
            .received =
                [this](std::span<const std::uint8_t> bytes) {
                  received_ = bytes.size();
                  return consume_ ? bytes.size() : std::size_t{0};
                },
            .lost = [this](std::string reason) { lost_.push_back(std::move(reason)); }},
        limits);
    stream_->open();
  }
  void connect(StreamLimits limits = {}) {
    peer_.start();
    open(limits);
    ASSERT_TRUE(run_until(io_, [&] { return connected_ && !peer_.connections.empty(); }));
  }
  bool until_lost() {
    return run_until(io_, [&] { return !lost_.empty(); });
  }

  boost::asio::io_context io_;
  test::TemporaryDirectory directory_;
  Peer peer_{io_, directory_.path("socket"), [](Peer::Connection&) {}};
  std::shared_ptr<UnixStream> stream_;
  bool connected_ = false;
  bool consume_ = true;
  std::size_t received_ = 0;
  std::vector<std::string> lost_;
};

TEST_F(UnixStreamTest, WritesMoreThanTheSocketTakesInOrder) {
  connect();
  std::vector<std::uint8_t> bytes(8 << 20);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i % 251);
  const std::span<const std::uint8_t> all(bytes);
  stream_->write(all.first(5 << 20));
  stream_->write(all.subspan(5 << 20));
  auto& received = peer_.connections.front()->received;
  ASSERT_TRUE(run_until(io_, [&] { return received.size() == bytes.size(); }));
  EXPECT_EQ(received, bytes);
}

TEST_F(UnixStreamTest, PeerThatDoesNotReadIsLost) {
  peer_.reads = false;
  connect({.stall = milliseconds(100)});
  stream_->write(std::vector<std::uint8_t>(8 << 20));
  ASSERT_TRUE(until_lost());
  EXPECT_THAT(lost_.front(), HasSubstr("has read nothing for 100ms"));
}

TEST_F(UnixStreamTest, PeerThatDoesNotReadIsLostEvenWhenTheSocketTookAll) {
  peer_.reads = false;
  connect({.stall = milliseconds(100)});
  stream_->write(std::vector<std::uint8_t>(10));
  ASSERT_TRUE(until_lost());
  EXPECT_THAT(lost_.front(), HasSubstr("has read nothing for 100ms"));
}

TEST_F(UnixStreamTest, PeerThatDoesNotReadIsLostThoughWeGoOnWriting) {
  peer_.reads = false;
  connect({.stall = milliseconds(100)});
  ASSERT_TRUE(run_until(io_, [&] {
    stream_->write(std::vector<std::uint8_t>(10));
    return !lost_.empty();
  }));
}

TEST_F(UnixStreamTest, PeerThatReadsSlowlyIsNotLost) {
  peer_.reads = false;
  connect({.stall = milliseconds(200)});
  stream_->write(std::vector<std::uint8_t>(4 << 20));
  auto& socket = peer_.connections.front()->socket;
  std::vector<std::uint8_t> chunk(512 << 10);
  std::size_t total = 0;
  // Some every 80 ms: longer than the stall deadline altogether, never as long without progress.
  boost::asio::steady_timer pause(io_);
  std::function<void()> read_some = [&] {
    boost::system::error_code error;
    std::size_t taken = 0;
    socket.non_blocking(true);
    while (taken < chunk.size()) {
      const std::size_t count = socket.read_some(boost::asio::buffer(chunk), error);
      if (error) break;
      taken += count;
    }
    total += taken;
    pause.expires_after(milliseconds(80));
    pause.async_wait([&](boost::system::error_code aborted) {
      if (!aborted) read_some();
    });
  };
  read_some();
  ASSERT_TRUE(run_until(io_, [&] { return total == (4u << 20); }));
  EXPECT_TRUE(lost_.empty());
}

TEST_F(UnixStreamTest, UnsentBytesAreBounded) {
  peer_.reads = false;
  connect({.most_unsent = 4 << 20});
  for (int i = 0; i < 8; ++i) stream_->write(std::vector<std::uint8_t>(1 << 20));
  EXPECT_TRUE(lost_.empty()) << "not from within write()";
  ASSERT_TRUE(until_lost());
  EXPECT_THAT(lost_.front(), HasSubstr("does not read"));
}

TEST_F(UnixStreamTest, UnreadBytesAreBounded) {
  consume_ = false;
  connect({.most_unread = 100000});
  peer_.connections.front()->send(std::vector<std::uint8_t>(200000));
  ASSERT_TRUE(until_lost());
  EXPECT_THAT(lost_.front(), HasSubstr("an endless answer"));
}

TEST_F(UnixStreamTest, PeerThatClosesIsLostOnce) {
  connect();
  peer_.connections.front()->close();
  ASSERT_TRUE(until_lost());
  stream_->write(std::vector<std::uint8_t>(10));
  io_.restart();
  io_.poll();
  EXPECT_EQ(lost_.size(), 1u);
}

TEST_F(UnixStreamTest, WriteToAClosedPeerIsALossToldLater) {
  connect();
  peer_.connections.front()->close();
  stream_->write(std::vector<std::uint8_t>(10));
  EXPECT_TRUE(lost_.empty());
  ASSERT_TRUE(until_lost());
  io_.restart();
  io_.poll();
  EXPECT_EQ(lost_.size(), 1u);
}

TEST_F(UnixStreamTest, AFullBacklogIsALossNotAConnection) {
  const boost::asio::local::stream_protocol::endpoint endpoint(directory_.path("socket"));
  boost::asio::local::stream_protocol::acceptor deaf(io_);
  deaf.open();
  deaf.bind(endpoint);
  deaf.listen(0);
  Peer::Socket first(io_);
  first.connect(endpoint);
  open();
  ASSERT_TRUE(until_lost());
  EXPECT_THAT(lost_.front(), HasSubstr("too many connections are waiting"));
  EXPECT_FALSE(connected_);
}

TEST_F(UnixStreamTest, ClosedStreamCallsNobody) {
  peer_.start();
  open();
  stream_->close();
  io_.poll();
  EXPECT_FALSE(connected_);
  EXPECT_TRUE(lost_.empty());
  std::weak_ptr<UnixStream> weak = stream_;
  stream_.reset();
  io_.restart();
  io_.poll();
  EXPECT_TRUE(weak.expired()) << "no handler in flight keeps it alive";
}

}  // namespace
}  // namespace vipherd::frr
