// Real connections, processes and units: what a watcher sees of their ends.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "unit/kernel/net_namespace.hpp"
#include "unit/probe/nginx.hpp"
#include "unit/probe/probe_fixture.hpp"
#include "unit/probe/systemd_manager.hpp"
#include "vipherd/watch/watcher.hpp"

namespace vipherd::watch {
namespace {

namespace testing = probe::testing;

using model::WatchId;
using model::WatchKind;
using model::WatchStep;
using model::event::WatchFired;
using ::testing::AnyOf;
using ::testing::Each;
using ::testing::Field;
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
  /// This is fired, and nothing follows.
  void expect(const std::string& what, WatchStep then, bool news = true) {
    const WatchFired fired = next();
    EXPECT_EQ(fired.what, what);
    EXPECT_EQ(fired.then, then);
    EXPECT_EQ(fired.news, news);
    drain();
    EXPECT_THAT(fired_, IsEmpty());
  }
  void expect_end(const std::string& what) { expect(what, WatchStep::ended); }
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
  EXPECT_EQ(fired.then, WatchStep::ended);
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
  static std::string name(const Sleeper& process, const std::string& path) {
    return "process " + process.number() + " of " + path;
  }
  void expect_start(const Sleeper& process, const std::string& path) {
    expect(name(process, path) + " has started", WatchStep::watching);
  }
  void expect_none(const std::string& what) { expect(what, WatchStep::awaiting_start, false); }
  /// Whatever the loop still hears of changes in directories is heard after this.
  void quiet() {
    testing::asio::steady_timer timer(io_, std::chrono::milliseconds(50));
    bool over = false;
    timer.async_wait([&](const boost::system::error_code&) { over = true; });
    ASSERT_TRUE(run_until([&] { return over; }));
  }
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
    expect(name(another, path_) + " has ended", WatchStep::awaiting_start);
  }
}

TEST_F(PidFileWatchTest, SaysAtOnceThatNothingIsThere) {
  watch(path_);
  expect_none("cannot read " + path_ + ": No such file or directory");
  for (const std::string text :
       {"", "\n", "nginx", "-5", "0", "12x", "99999999999999999999", "1.5", "+5"}) {
    directory_.write("web.pid", text);
    watch(path_);
    expect_none(path_ + " holds no process number");
  }
  Sleeper process;
  process.end();
  directory_.write("web.pid", process.number());
  watch(path_);
  expect_none("process " + process.number() + " of " + path_ + " does not run");
}

TEST_F(PidFileWatchTest, AProcessThatWaitsForItsParentDoesNotRun) {
  const pid_t zombie = ::fork();
  if (zombie == 0) ::_exit(0);
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(zombie), &info, WEXITED | WNOWAIT), 0);
  directory_.write("web.pid", std::to_string(zombie));
  watch(path_);
  expect_none("process " + std::to_string(zombie) + " of " + path_ + " does not run");
  ::waitpid(zombie, nullptr, 0);
}

TEST_F(PidFileWatchTest, SeesEveryStartAndEveryEnd) {
  watch(path_);
  expect_none("cannot read " + path_ + ": No such file or directory");
  for (int round = 0; round < 3; ++round) {
    Sleeper process;
    // The file of the one before is overwritten, or was removed.
    if (round == 2) std::filesystem::remove(path_);
    directory_.write("web.pid", process.number() + "\n");
    expect_start(process, path_);
    process.end();
    expect(name(process, path_) + " has ended", WatchStep::awaiting_start);
  }
}

TEST_F(PidFileWatchTest, SeesAFileThatIsRenamedIntoPlace) {
  Sleeper process;
  watch(path_);
  expect_none("cannot read " + path_ + ": No such file or directory");
  std::filesystem::rename(directory_.write("web.pid.new", process.number()), path_);
  expect_start(process, path_);
}

TEST_F(PidFileWatchTest, SeesAFileThatIsWrittenInPartsAndKeptOpen) {
  Sleeper process;
  watch(path_);
  expect_none("cannot read " + path_ + ": No such file or directory");
  std::ofstream file(path_);
  quiet();
  EXPECT_THAT(fired_, IsEmpty()) << "there is nothing in it";
  file << "\t" << std::flush;
  quiet();
  EXPECT_THAT(fired_, IsEmpty());
  file << process.number() << '\n' << std::flush;
  expect_start(process, path_);
}

TEST_F(PidFileWatchTest, SeesDirectoriesThatComeAndGo) {
  const std::string deep = directory_.path("run/web/instance/web.pid");
  watch(deep);
  expect_none("cannot read " + deep + ": No such file or directory");
  for (int round = 0; round < 2; ++round) {
    Sleeper process;
    directory_.write("run/web/instance/web.pid", process.number());
    expect_start(process, deep);
    std::filesystem::remove_all(directory_.path("run"));
    process.end();
    expect(name(process, deep) + " has ended", WatchStep::awaiting_start);
  }
}

TEST_F(PidFileWatchTest, SeesADirectoryThatIsExchanged) {
  Sleeper first;
  Sleeper second;
  const std::string file = directory_.write("run/web.pid", first.number());
  directory_.write("next/web.pid", second.number());
  watch(file);
  quiet();
  EXPECT_THAT(fired_, IsEmpty());
  std::filesystem::rename(directory_.path("run"), directory_.path("old"));
  std::filesystem::rename(directory_.path("next"), directory_.path("run"));
  expect_start(second, file);
  // What happens in the old one is of no interest any more.
  directory_.write("old/web.pid", first.number() + "\n");
  quiet();
  EXPECT_THAT(fired_, IsEmpty());
  Sleeper third;
  directory_.write("run/web.pid", third.number());
  expect_start(third, file);
}

TEST_F(PidFileWatchTest, SeesFilesBehindALink) {
  std::filesystem::create_directory(directory_.path("run"));
  std::filesystem::create_symlink("run", directory_.path("var"));
  const std::string file = directory_.path("var/web.pid");
  watch(file);
  expect_none("cannot read " + file + ": No such file or directory");
  Sleeper process;
  directory_.write("run/web.pid", process.number());
  expect_start(process, file);
}

TEST_F(PidFileWatchTest, AFileThatNamesTheSameProcessIsNoNews) {
  Sleeper process;
  directory_.write("web.pid", process.number());
  watch(path_);
  directory_.write("web.pid", process.number() + "\n");
  std::filesystem::remove(path_);
  quiet();
  EXPECT_THAT(fired_, IsEmpty());
  process.end();
  expect(name(process, path_) + " has ended", WatchStep::awaiting_start);
}

TEST_F(PidFileWatchTest, TheProcessThatTakesOverIsFollowed) {
  Sleeper before;
  Sleeper after;
  directory_.write("web.pid", before.number());
  watch(path_);
  directory_.write("web.pid", after.number());
  expect_start(after, path_);
  before.end();
  quiet();
  EXPECT_THAT(fired_, IsEmpty());
  after.end();
  expect(name(after, path_) + " has ended", WatchStep::awaiting_start);
}

TEST_F(PidFileWatchTest, AStaleNumberIsNoStart) {
  Sleeper gone;
  gone.end();
  watch(path_);
  expect_none("cannot read " + path_ + ": No such file or directory");
  directory_.write("web.pid", gone.number());
  quiet();
  EXPECT_THAT(fired_, IsEmpty());
  Sleeper process;
  directory_.write("web.pid", process.number());
  expect_start(process, path_);
}

TEST_F(PidFileWatchTest, SeesAStartAmongMoreChangesThanTheKernelKeeps) {
  watch(path_);
  expect_none("cannot read " + path_ + ": No such file or directory");
  // Two events each; the kernel keeps 16,384.
  for (int number = 0; number < 10'000; ++number) {
    std::ofstream(directory_.path("log"), std::ios::app) << "a line\n";
  }
  Sleeper process;
  directory_.write("web.pid", process.number());
  expect_start(process, path_);
}

TEST_F(PidFileWatchTest, ManyShareTheKernelsFewInstances) {
  Sleeper process;
  quiet();
  const auto before = open_descriptors();
  for (int number = 0; number < 300; ++number) {
    const std::string service = std::to_string(number);
    watcher_->start({service, "", WatchKind::pid_file}, 1, {directory_.path(service), ""});
  }
  ASSERT_TRUE(run_until([&] { return fired_.size() == 300; }));
  EXPECT_THAT(fired_, Each(Field(&WatchFired::then, WatchStep::awaiting_start)));
  EXPECT_EQ(open_descriptors(), before + 1);
  fired_.clear();
  for (int number = 0; number < 300; ++number) {
    directory_.write(std::to_string(number), process.number());
  }
  ASSERT_TRUE(run_until([&] { return fired_.size() == 300; }));
  EXPECT_THAT(fired_, Each(Field(&WatchFired::then, WatchStep::watching)));
  watcher_.reset();
  quiet();
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(PidFileWatchTest, AChangeMayEndOtherWatches) {
  Sleeper process;
  for (const std::string service : {"a", "b", "c"}) {
    watcher_->start({service, "", WatchKind::pid_file}, 1, {path_, ""});
  }
  ASSERT_TRUE(run_until([&] { return fired_.size() == 3; }));
  fired_.clear();
  on_fired_ = [&] { watcher_.reset(); };
  directory_.write("web.pid", process.number());
  ASSERT_TRUE(run_until([&] { return !fired_.empty(); }));
  quiet();
  EXPECT_EQ(fired_.size(), 1u);
}

TEST_F(PidFileWatchTest, WhatIsStoppedIsSilent) {
  Sleeper process;
  watch("/nowhere/web.pid");
  EXPECT_EQ(next().then, WatchStep::awaiting_start);
  watcher_->stop(id_);
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
  expect(name(first, path_) + " has ended", WatchStep::awaiting_start);
}

// ---------------------------------------------------------------------------------- units

class UnitWatchTest : public WatchTest, public ::testing::WithParamInterface<SystemdManager::By> {
 protected:
  UnitWatchTest() : WatchTest(WatchKind::unit) {}
  ~UnitWatchTest() override { watcher_.reset(); }

  /// Takes what is fired until it says one of these, and returns how it goes on. None has ended.
  WatchStep until(const std::vector<std::string>& expected) {
    for (;;) {
      const WatchFired fired = next();
      EXPECT_NE(fired.then, WatchStep::ended) << fired.what;
      if (std::ranges::count(expected, fired.what) > 0 || HasFailure()) return fired.then;
    }
  }
  /// Until systemd has answered what the watch has asked, and what it asked because of that: a
  /// later question is answered later.
  void catch_up() {
    for (int round = 0; round < 3; ++round) {
      ASSERT_NE(run("systemd", {{"unit", std::string("web.service")}}).reason, "");
    }
  }
  /// The same at its start.
  void settle() {
    catch_up();
    // That a unit is not active is said, and nothing else.
    std::erase_if(fired_, [](const WatchFired& fired) {
      return fired.then == WatchStep::awaiting_start && !fired.news;
    });
    EXPECT_THAT(fired_, IsEmpty());
  }
  test::TemporaryDirectory directory_;
  const std::string go_ = directory_.path("go");
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
  expect("web.service is inactive (dead)", WatchStep::awaiting_start, false);
  settle();
  for (int round = 0; round < 2; ++round) {
    systemd_.systemctl("start web.service");
    EXPECT_EQ(until({"web.service is active (running)"}), WatchStep::watching);
    systemd_.systemctl("stop web.service");
    EXPECT_EQ(until({"web.service is inactive (dead)"}), WatchStep::awaiting_start);
  }
}

TEST_P(UnitWatchTest, TellsThatAStartIsUnderWayAndThatItIsDone) {
  systemd_.write_unit("slow.service", "[Service]\nExecStartPre=/bin/sh -c 'until [ -e " + go_ +
                                          " ]; do sleep 0.01; done'\nExecStart=/bin/sleep 10000\n");
  systemd_.systemctl("daemon-reload");
  watch("slow.service");
  settle();
  systemd_.systemctl("start --no-block slow.service");
  EXPECT_EQ(until({"slow.service is activating (start-pre)"}), WatchStep::awaiting_start);
  directory_.write("go", "");
  EXPECT_EQ(until({"slow.service is active (running)"}), WatchStep::watching);
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
  EXPECT_EQ(fired.then, WatchStep::ended);
  EXPECT_EQ(fired.what, "the connection to systemd was lost");
}

TEST_P(UnitWatchTest, WhatIsNoUnitEndsAtOnce) {
  watch("no/unit.service");
  const WatchFired fired = next();
  EXPECT_EQ(fired.then, WatchStep::ended);
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
  // The loop must not run meanwhile: what it sees then is told, and rightly.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (systemd_.systemctl("is-failed web.service") != "failed") {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
  }
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
}  // namespace vipherd::watch
