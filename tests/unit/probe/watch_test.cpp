// Real connections, processes and units: what a watcher sees of their ends.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <iterator>

#include "unit/kernel/net_namespace.hpp"
#include "unit/probe/nginx.hpp"
#include "unit/probe/probe_fixture.hpp"
#include "unit/probe/systemd_manager.hpp"
#include "vipherd/probe/watcher.hpp"

namespace vipherd::probe {
namespace {

using model::WatchId;
using model::WatchKind;
using model::event::WatchFired;
using ::testing::AnyOf;
using ::testing::IsEmpty;
using testing::SystemdManager;

std::ptrdiff_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return std::distance(begin(all), end(all));
}

class WatchTest : public testing::ProbeTest {
 protected:
  explicit WatchTest(WatchKind kind) : id_{"web", "", kind} {}

  std::unique_ptr<Watcher> make_watcher() {
    return std::make_unique<Watcher>(io_, [this](model::Event event) {
      fired_.push_back(std::get<WatchFired>(std::move(event)));
      if (on_fired_) on_fired_();
    });
  }
  void watch(const std::string& what) {
    watcher_->start(id_, ++watches_, {what, ""});
    EXPECT_THAT(fired_, IsEmpty()) << "called back from within start()";
  }
  /// The next that is fired.
  WatchFired next() {
    EXPECT_TRUE(run_until([&] { return !fired_.empty(); }));
    if (fired_.empty()) return {};
    WatchFired first = fired_.front();
    fired_.erase(fired_.begin());
    EXPECT_EQ(first.watch, id_);
    EXPECT_EQ(first.generation, watches_);
    return first;
  }
  /// Ends with this, and nothing follows.
  void expect_end(const std::string& what) {
    const WatchFired fired = next();
    EXPECT_EQ(fired.what, what);
    EXPECT_TRUE(fired.ended);
    drain();
    EXPECT_THAT(fired_, IsEmpty());
  }
  /// What is in the loop by now is done after this.
  void drain() {
    io_.restart();
    io_.poll();
  }

  WatchId id_;
  std::uint64_t watches_ = 0;  ///< the generation of the last
  std::vector<WatchFired> fired_;
  std::function<void()> on_fired_;
  std::unique_ptr<Watcher> watcher_ = make_watcher();
};

// ---------------------------------------------------------------------------- connections

class ConnectionWatchTest : public WatchTest {
 protected:
  ConnectionWatchTest() : WatchTest(WatchKind::connection) {}
  /// A server that keeps the last connection here.
  testing::Server::Behaviour keep() {
    return [this](testing::Socket socket) { accepted_ = std::move(socket); };
  }
  testing::Socket accepted_;
};

TEST_F(ConnectionWatchTest, SeesTheEnd) {
  const testing::Server server(io_, keep());
  watch(server.address());
  ASSERT_TRUE(run_until([&] { return accepted_ != nullptr; }));
  drain();
  EXPECT_THAT(fired_, IsEmpty());
  accepted_->close();
  expect_end("the connection to " + server.address() + " was closed");
}

TEST_F(ConnectionWatchTest, SeesAReset) {
  const testing::Server server(io_, keep());
  watch(server.address());
  ASSERT_TRUE(run_until([&] { return accepted_ != nullptr; }));
  drain();
  accepted_->set_option(testing::asio::socket_base::linger(true, 0));
  accepted_->close();
  expect_end("the connection to " + server.address() + " was reset");
}

TEST_F(ConnectionWatchTest, SeesTheEndOfARealNginx) {
  auto nginx = std::make_unique<testing::Nginx>();
  const std::string address = nginx->plain();
  // It answers, so it has accepted what came before as well.
  watch(address);
  ASSERT_TRUE(run("http", {{"url", "http://" + address + "/"}}).pass);
  EXPECT_THAT(fired_, IsEmpty());
  nginx.reset();
  const WatchFired fired = next();
  EXPECT_THAT(fired.what, AnyOf("the connection to " + address + " was closed",
                                "the connection to " + address + " was reset"));
  EXPECT_TRUE(fired.ended);
}

TEST_F(ConnectionWatchTest, SaysThatNobodyListens) {
  const testing::ClosedPort port(io_);
  watch(port.address());
  expect_end("connect to " + port.address() + " refused");
}

TEST_F(ConnectionWatchTest, AConnectionToItselfIsNone) {
  const kernel::testing::NetNamespace network;
  // Every connection comes from the port that it goes to.
  network.shell("sysctl -q -w net.ipv4.ip_local_port_range='40000 40000'");
  watch("127.0.0.1:40000");
  expect_end("connect to 127.0.0.1:40000 refused");
}

TEST_F(ConnectionWatchTest, ToleratesAGreetingButNoStream) {
  const testing::Server server(io_, keep());
  watch(server.address());
  ASSERT_TRUE(run_until([&] { return accepted_ != nullptr; }));
  bool sent = false;
  testing::send(accepted_, "220 mail.example ESMTP\r\n", [&] { sent = true; });
  ASSERT_TRUE(run_until([&] { return sent; }));
  drain();
  EXPECT_THAT(fired_, IsEmpty());
  testing::send(accepted_, std::string(100'000, 'x'));
  expect_end("the connection to " + server.address() +
             " is not idle: more than 64 KiB came over it");
}

TEST_F(ConnectionWatchTest, WhatIsStoppedIsSilent) {
  const testing::Server server(io_, keep());
  watch(server.address());
  ASSERT_TRUE(run_until([&] { return accepted_ != nullptr; }));
  // Closed before the loop can see it.
  accepted_->close();
  watcher_->stop(id_);
  watcher_->stop(id_);
  drain();
  EXPECT_THAT(fired_, IsEmpty());
}

TEST_F(ConnectionWatchTest, AStartReplacesTheOneBefore) {
  const testing::Server server(io_, keep());
  const testing::ClosedPort closed(io_);
  watch(closed.address());
  watch(server.address());
  ASSERT_TRUE(run_until([&] { return accepted_ != nullptr; }));
  drain();
  EXPECT_THAT(fired_, IsEmpty());
  accepted_->close();
  expect_end("the connection to " + server.address() + " was closed");
}

TEST_F(ConnectionWatchTest, TheSinkMayStartAgainAndTheWatcherMayEndInIt) {
  const testing::ClosedPort port(io_);
  int count = 0;
  on_fired_ = [&] {
    fired_.clear();
    if (++count < 20) {
      watch(port.address());
    } else {
      watcher_.reset();
    }
  };
  watch(port.address());
  EXPECT_TRUE(run_until([&] { return count == 20; }));
}

TEST_F(ConnectionWatchTest, LeavesNothingBehind) {
  const testing::Server server(io_, [](const testing::Socket&) {});
  watch(server.address());
  ASSERT_TRUE(run_until([&] { return server.accepted() == 1; }));
  const auto before = open_descriptors();
  for (std::size_t round = 2; round < 20; ++round) {
    watch(server.address());
    ASSERT_TRUE(run_until([&] { return server.accepted() == round; }));
  }
  // The server keeps its ends; we have one.
  EXPECT_EQ(open_descriptors(), before + 18);
  watcher_.reset();
  drain();
  EXPECT_EQ(open_descriptors(), before + 17);
}

// ------------------------------------------------------------------------------ processes

/// A process that does nothing.
class Sleeper {
 public:
  Sleeper() : pid_(::fork()) {
    if (pid_ == 0) {
      ::execl("/bin/sleep", "sleep", "10000", nullptr);
      ::_exit(127);
    }
  }
  ~Sleeper() { end(); }
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;
  std::string number() const { return std::to_string(pid_); }
  void end() {
    if (std::exchange(ended_, true)) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

 private:
  pid_t pid_;
  bool ended_ = false;
};

class PidFileWatchTest : public WatchTest {
 protected:
  PidFileWatchTest() : WatchTest(WatchKind::pid_file) {}
  test::TemporaryDirectory directory_;
  const std::string path_ = directory_.path("web.pid");
};

TEST_F(PidFileWatchTest, SeesTheEndOfTheProcess) {
  for (const std::string around : {"", "\n", " \n", "\n/var/lib/web\n1234\n"}) {
    Sleeper another;
    directory_.write("web.pid", (around.empty() ? " " : "") + another.number() + around);
    watch(path_);
    drain();
    EXPECT_THAT(fired_, IsEmpty());
    another.end();
    expect_end("process " + another.number() + " of " + path_ + " has ended");
  }
}

TEST_F(PidFileWatchTest, SaysAtOnceWhatCannotBeWatched) {
  watch(path_);
  expect_end("cannot read " + path_ + ": No such file or directory");
  for (const std::string text :
       {"", "\n", "nginx", "-5", "0", "12x", "99999999999999999999", "1.5", "+5"}) {
    directory_.write("web.pid", text);
    watch(path_);
    expect_end(path_ + " holds no process number");
  }
  Sleeper process;
  process.end();
  directory_.write("web.pid", process.number());
  watch(path_);
  expect_end("process " + process.number() + " of " + path_ + " does not run");
}

TEST_F(PidFileWatchTest, WhatIsStoppedIsSilent) {
  Sleeper process;
  watch("/nowhere/web.pid");
  EXPECT_TRUE(next().ended);
  const auto before = open_descriptors();
  directory_.write("web.pid", process.number());
  watch(path_);
  process.end();
  watcher_->stop(id_);
  drain();
  watch("/nowhere/web.pid");
  watcher_->stop(id_);
  drain();
  EXPECT_THAT(fired_, IsEmpty());
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(PidFileWatchTest, ManyAreWatchedAtOnce) {
  Sleeper first;
  Sleeper second;
  const std::string other = directory_.write("other.pid", second.number());
  directory_.write("web.pid", first.number());
  watcher_->start({"dns", "", WatchKind::pid_file}, 77, {other, ""});
  watch(path_);
  second.end();
  ASSERT_TRUE(run_until([&] { return !fired_.empty(); }));
  EXPECT_EQ(fired_[0].generation, 77u);
  EXPECT_EQ(fired_[0].watch.service, "dns");
  fired_.clear();
  first.end();
  expect_end("process " + first.number() + " of " + path_ + " has ended");
}

// ---------------------------------------------------------------------------------- units

class UnitWatchTest : public WatchTest, public ::testing::WithParamInterface<SystemdManager::By> {
 protected:
  UnitWatchTest() : WatchTest(WatchKind::unit) {}
  ~UnitWatchTest() override { watcher_.reset(); }

  /// Takes what is fired until it says one of these. None has ended.
  void until(const std::vector<std::string>& expected) {
    for (;;) {
      const WatchFired fired = next();
      EXPECT_FALSE(fired.ended) << fired.what;
      if (std::ranges::count(expected, fired.what) > 0 || HasFailure()) return;
    }
  }
  /// Until systemd has answered what the watch has asked, and what it asked because of that: a later
  /// question is answered later.
  void catch_up() {
    for (int round = 0; round < 3; ++round) {
      ASSERT_NE(run("systemd", {{"unit", std::string("web.service")}}).reason, "");
    }
  }
  /// The same at its start.
  void settle() {
    catch_up();
    // Of a unit that is not there that is said, and nothing else.
    std::erase_if(fired_, [](const WatchFired& fired) {
      return fired.what.starts_with("systemd does not know ");
    });
    EXPECT_THAT(fired_, IsEmpty());
  }
  SystemdManager systemd_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Over, UnitWatchTest,
                         ::testing::Values(SystemdManager::By::its_socket,
                                           SystemdManager::By::message_bus),
                         [](const auto& info) {
                           return info.param == SystemdManager::By::its_socket
                                      ? std::string("ItsSocket")
                                      : std::string("AMessageBus");
                         });

TEST_P(UnitWatchTest, SeesChangesOfState) {
  watch("web.service");
  settle();
  systemd_.systemctl("start web.service");
  until({"web.service is active (running)"});
  systemd_.systemctl("stop web.service");
  until({"web.service is inactive (dead)"});
}

TEST_P(UnitWatchTest, SeesTheEndOfTheMainProcessWithoutSystemd) {
  systemd_.systemctl("start web.service");
  watch("web.service");
  settle();
  const pid_t main = systemd_.main_process("web.service");
  systemd_.signal(SIGSTOP);
  ::kill(main, SIGKILL);
  EXPECT_EQ(next().what, "the main process of web.service has ended");
  systemd_.signal(SIGCONT);
  until({"web.service is failed"});
}

TEST_P(UnitWatchTest, FollowsTheNextMainProcess) {
  systemd_.systemctl("start again.service");
  watch("again.service");
  settle();
  pid_t main = systemd_.main_process("again.service");
  for (int round = 0; round < 3; ++round) {
    ASSERT_GT(main, 0);
    catch_up();
    systemd_.signal(SIGSTOP);
    ::kill(main, SIGKILL);
    until({"the main process of again.service has ended"});
    systemd_.signal(SIGCONT);
    until({"again.service is active (running)", "again.service has another main process"});
    const pid_t before = std::exchange(main, 0);
    ASSERT_TRUE(run_until([&] {
      main = systemd_.main_process("again.service");
      return main > 0 && main != before;
    }));
  }
}

TEST_P(UnitWatchTest, AUnitThatComesLaterIsSeen) {
  watch("later.service");
  settle();
  systemd_.write_unit("later.service", "[Service]\nExecStart=/bin/sleep 10000\n");
  systemd_.systemctl("daemon-reload");
  systemd_.systemctl("start later.service");
  until({"later.service is active (running)"});
}

TEST_P(UnitWatchTest, UnitsWithoutAProcessAreWatched) {
  watch("plain.target");
  settle();
  systemd_.systemctl("start plain.target");
  until({"plain.target is active"});
}

TEST_P(UnitWatchTest, AnAliasIsAsGoodAsTheName) {
  watch("alias.service");
  settle();
  systemd_.systemctl("start web.service");
  until({"alias.service is active (running)"});
  catch_up();
  const pid_t main = systemd_.main_process("web.service");
  systemd_.signal(SIGSTOP);
  ::kill(main, SIGKILL);
  until({"the main process of alias.service has ended"});
  systemd_.signal(SIGCONT);
}

TEST_P(UnitWatchTest, EndsWithSystemd) {
  watch("web.service");
  settle();
  systemd_.kill();
  const WatchFired fired = next();
  EXPECT_TRUE(fired.ended);
  EXPECT_EQ(fired.what, "the connection to systemd was lost");
}

TEST_P(UnitWatchTest, WhatIsNoUnitEndsAtOnce) {
  watch("no/unit.service");
  const WatchFired fired = next();
  EXPECT_TRUE(fired.ended);
  EXPECT_EQ(fired.what, "systemd does not take no/unit.service for the name of a unit");
}

TEST_P(UnitWatchTest, WhatIsStoppedIsSilent) {
  systemd_.systemctl("start web.service");
  settle();
  prober_.reset();
  const auto before = open_descriptors();
  prober_ = make_prober();
  watch("web.service");
  settle();
  ::kill(systemd_.main_process("web.service"), SIGKILL);
  ASSERT_TRUE(run_until([&] { return systemd_.systemctl("is-failed web.service") == "failed"; }));
  watcher_->stop(id_);
  drain();
  EXPECT_THAT(fired_, IsEmpty());
  prober_.reset();  // settle() has used it
  watcher_.reset();
  EXPECT_LE(open_descriptors(), before);
}

class NoBusWatchTest : public WatchTest {
 protected:
  NoBusWatchTest() : WatchTest(WatchKind::unit) {}
};

TEST_F(NoBusWatchTest, EndsAtOnce) {
  const testing::MountNamespace mounts;
  ASSERT_EQ(::mount("tmpfs", "/run/systemd", "tmpfs", 0, nullptr), 0);
  ::setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere/bus", 1);
  watch("web.service");
  expect_end("cannot reach systemd over D-Bus: No such file or directory");
  ::unsetenv("DBUS_SYSTEM_BUS_ADDRESS");
}

}  // namespace
}  // namespace vipherd::probe
