#include "agent/listener.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include "unit/api/client.hpp"
#include "unit/temporary_directory.hpp"

namespace vipherd::agent {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

void answer_nothing(const api::Request&, const api::Reply& reply) { reply({}); }

class ListenerTest : public testing::Test {
 protected:
  void start(Listener::Listen listen) {
    listener_.emplace(
        loop_.io, answer_nothing, std::move(listen),
        [this](const std::optional<std::string>& why) { told_.push_back(why.value_or("listens")); },
        Listener::Pace{10ms, 40ms});
    listener_->start();
  }
  ~ListenerTest() override {
    if (listener_) listener_->close();
  }

  const test::TemporaryDirectory folder_;
  api::test::Loop loop_;
  std::vector<std::string> told_;
  std::optional<Listener> listener_;
};

TEST_F(ListenerTest, SaysNothingIfItListensAtOnce) {
  const std::string path = folder_.path("control.sock");
  start([&](api::Server& server) { return server.listen(path); });
  EXPECT_TRUE(api::test::Client({.path = path}).connected());
  EXPECT_THAT(told_, ElementsAre());
}

TEST_F(ListenerTest, ListensAsSoonAsAnotherHasLeftThePort) {
  const IpAddress loopback = IpAddress::parse("127.0.0.1").value();
  std::optional<api::Server> other(std::in_place, loop_.io, answer_nothing);
  ASSERT_TRUE(other->listen(loopback, 0));
  const std::uint16_t port = other->port();
  int attempts = 0;
  start([&](api::Server& server) {
    ++attempts;
    return server.listen(loopback, port);
  });
  ASSERT_TRUE(loop_.until([&] { return attempts >= 4; }));
  EXPECT_THAT(told_, ElementsAre(HasSubstr("Address already in use"))) << "said once";
  other.reset();
  ASSERT_TRUE(loop_.until([&] { return told_.size() == 2; }));
  EXPECT_EQ(told_.back(), "listens");
  EXPECT_TRUE(api::test::Client({.port = port}).connected());
}

TEST_F(ListenerTest, ListensAsSoonAsTheSocketsDirectoryIsThere) {
  const std::string path = folder_.path("later/run/control.sock");
  start([&](api::Server& server) { return server.listen(path); });
  EXPECT_THAT(told_, ElementsAre(HasSubstr("cannot be made: No such file or directory")));
  std::filesystem::create_directory(folder_.path("later"));
  ASSERT_TRUE(loop_.until([&] { return told_.size() == 2; }));
  EXPECT_EQ(told_.back(), "listens");
  EXPECT_TRUE(api::test::Client({.path = path}).connected());
}

TEST_F(ListenerTest, PutsASocketBackThatSomebodyRemoved) {
  const std::string path = folder_.path("control.sock");
  start([&](api::Server& server) { return server.listen(path); });
  ASSERT_EQ(::unlink(path.c_str()), 0);
  EXPECT_TRUE(loop_.until([&] { return api::test::Client({.path = path}).connected(); }));
  EXPECT_THAT(told_, ElementsAre());
}

}  // namespace
}  // namespace vipherd::agent
