#include "agent/service_manager.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <vector>

#include "unit/temporary_directory.hpp"

namespace vipherd::agent {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

/// As systemd's: a socket with room for a few datagrams, named in the environment.
class ServiceManagerTest : public testing::Test {
 protected:
  explicit ServiceManagerTest() : name_(folder_.path("notify")) { listen_on(name_); }
  ~ServiceManagerTest() override {
    ::unsetenv("NOTIFY_SOCKET");
    ::close(socket_);
  }

  void listen_on(const std::string& name) {
    if (socket_ >= 0) ::close(socket_);
    socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, sizeof address.sun_path - 1);
    const auto length = offsetof(sockaddr_un, sun_path) + name.size();
    if (name[0] == '@') address.sun_path[0] = '\0';
    ASSERT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address),
                     static_cast<socklen_t>(length)),
              0);
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }

  std::vector<std::string> told() const {
    std::vector<std::string> all;
    std::array<char, 4096> text;  // NOLINT: filled by the read
    for (;;) {
      const ssize_t size = ::recv(socket_, text.data(), text.size(), 0);
      if (size < 0) return all;
      all.emplace_back(text.data(), static_cast<std::size_t>(size));
    }
  }

  /// Until the manager's queue takes no more.
  void fill() const {
    const int filler = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name_.copy(address.sun_path, sizeof address.sun_path - 1);
    while (::sendto(filler, "x", 1, 0, reinterpret_cast<const sockaddr*>(&address),
                    sizeof address) == 1) {
    }
    ::close(filler);
  }

  const test::TemporaryDirectory folder_;
  const std::string name_;
  int socket_ = -1;
  boost::asio::io_context io_;
};

TEST_F(ServiceManagerTest, IsTold) {
  ServiceManager manager(io_);
  manager.ready();
  manager.status("6 of 6");
  manager.reloading();
  manager.watchdog();
  manager.stopping();
  EXPECT_THAT(told(),
              ElementsAre("READY=1", "STATUS=6 of 6", StartsWith("RELOADING=1\nMONOTONIC_USEC="),
                          "WATCHDOG=1", "STOPPING=1"));
}

TEST_F(ServiceManagerTest, IsTheOneOfAnAbstractName) {
  listen_on("@vipherd-test/" + std::to_string(::getpid()));
  ServiceManager(io_).ready();
  EXPECT_THAT(told(), ElementsAre("READY=1"));
}

TEST_F(ServiceManagerTest, ThatDoesNotReadIsToldTheNewestLater) {
  fill();
  ServiceManager manager(io_);
  manager.status("starting");
  manager.ready();
  for (int time = 0; time < 1000; ++time) manager.watchdog();
  manager.status("6 of 6");
  EXPECT_THAT(told(), testing::Each("x"));
  io_.run_for(std::chrono::seconds(5));  // until there is nothing to wait for
  EXPECT_THAT(told(), ElementsAre("READY=1", "WATCHDOG=1", "STATUS=6 of 6"));
}

TEST_F(ServiceManagerTest, ThatNeverReadsDoesNotKeepTheLoopRunning) {
  fill();
  ServiceManager manager(io_);
  manager.ready();
  manager.close();
  EXPECT_EQ(io_.run_for(std::chrono::seconds(30)), 1U) << "the cancelled wait";
  EXPECT_TRUE(io_.stopped());
}

TEST_F(ServiceManagerTest, WithoutOneNothingIsSent) {
  ::unsetenv("NOTIFY_SOCKET");
  ServiceManager(io_).ready();
  ::setenv("NOTIFY_SOCKET", folder_.path("nobody").c_str(), 1);
  ServiceManager(io_).ready();
  EXPECT_THAT(told(), ElementsAre());
  EXPECT_EQ(io_.run(), 0U);
}

}  // namespace
}  // namespace vipherd::agent
