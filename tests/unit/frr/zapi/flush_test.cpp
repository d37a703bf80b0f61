#include "vipherd/frr/flush.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "unit/frr/zapi/fake_zebra.hpp"

namespace vipherd::frr {
namespace {

using test::FakeZebra;
using testing::HasSubstr;

/// The flush blocks, so the zebra has a thread of its own; a test looks at it when it has ended.
class FlushTest : public testing::Test {
 protected:
  FlushTest() {
    config_.zserv_socket = zebra_.zserv_path();
    config_.zebra_vty_socket = zebra_.vty_path();
  }
  Result<void> flush_beside_zebra() {
    zebra_.start();
    std::thread thread([this] { io_.run(); });
    const auto result = flush_routes(config_);
    io_.stop();
    thread.join();
    return result;
  }

  boost::asio::io_context io_;
  FakeZebra zebra_{io_};
  model::FrrConfig config_;
};

TEST_F(FlushTest, ClaimsTheTypeEndsTheRestartAndCloses) {
  EXPECT_TRUE(flush_beside_zebra());
  EXPECT_EQ(zebra_.hellos, 1);
  EXPECT_TRUE(zebra_.routes.empty());
  ASSERT_EQ(zebra_.capabilities.size(), 1u);
  EXPECT_EQ(zebra_.capabilities[0], "0000000400000000") << "GR_DISABLE";
}

TEST_F(FlushTest, EndsTheRestartInEveryVrfThatZebraKnows) {
  zebra_.vrfs = {{"blue", 7}, {"red", 8}};
  EXPECT_TRUE(flush_beside_zebra());
  EXPECT_THAT(zebra_.capabilities,
              testing::ElementsAre("0000000400000000", "0000000400000007", "0000000400000008"));
}

TEST_F(FlushTest, WithoutZebraThereIsNothingToDo) {
  EXPECT_TRUE(flush_routes(config_)) << "no file";
  {
    boost::asio::io_context io;
    const boost::asio::local::stream_protocol::endpoint path(config_.zserv_socket);
    const boost::asio::local::stream_protocol::acceptor gone(io, path);
  }
  ASSERT_TRUE(std::filesystem::exists(config_.zserv_socket));
  EXPECT_TRUE(flush_routes(config_)) << "a file that nothing listens at";
}

TEST_F(FlushTest, RemovesNothingBesideAnotherClientOfTheType) {
  zebra_.clients = 1;
  const auto result = flush_beside_zebra();
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().what, HasSubstr("another client of route type openfabric"));
  EXPECT_EQ(zebra_.hellos, 0);
}

TEST_F(FlushTest, GivesUpOnAZebraThatHangs) {
  zebra_.mute_zapi = true;
  const auto result = flush_beside_zebra();
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().what, HasSubstr("did not answer within 2s"));
}

TEST_F(FlushTest, SaysWhatZebraItDoesNotKnow) {
  zebra_.error_command = "0099";
  const auto result = flush_beside_zebra();
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().what, HasSubstr("frr.dialect"));
}

}  // namespace
}  // namespace vipherd::frr
