// Programs are real ones: the shell's, and those of the package monitoring-plugins-basic.
#include <fcntl.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "probe/exec/settings.hpp"
#include "unit/files/frozen_files.hpp"
#include "unit/probe/probe_fixture.hpp"
#include "unit/temporary_directory.hpp"
#include "vipherd/files/users.hpp"
#include "vipherd/probe/kinds.hpp"

namespace vipherd::probe::exec {
namespace {

using model::Failure;
using model::ProbeResult;
using model::Settings;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::IsEmpty;
using Texts = std::vector<std::string>;

std::string read(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Numbers of our children, zombies among them, whichever thread has started them.
Texts children() {
  Texts all;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
    std::istringstream text(read(thread.path() / "children"));
    all.insert(all.end(), std::istream_iterator<std::string>(text), {});
  }
  return all;
}

std::ptrdiff_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return std::distance(begin(all), end(all));
}

/// A zombie does not run: its parent may be one that reaps late.
bool runs(const std::string& pid) {
  const std::string stat = read("/proc/" + pid + "/stat");
  const auto name_end = stat.rfind(')');
  return name_end != stat.npos && stat.compare(name_end, 3, ") Z") != 0 &&
         stat.compare(name_end, 3, ") X") != 0;
}

Settings shell(const std::string& line) { return {{"shell", line}}; }
Settings command(Texts line) { return {{"command", std::move(line)}}; }

class ExecTest : public testing::ProbeTest {
 protected:
  /// The numbers that a check has written to the file, when there are `count`.
  Texts pids(const std::string& path, std::size_t count) {
    Texts found;
    EXPECT_TRUE(run_until([&] {
      wait_a_moment();
      std::istringstream text(read(path));
      found.assign(std::istream_iterator<std::string>(text), {});
      return found.size() == count;
    }));
    return found;
  }
  void expect_gone(const Texts& all) {
    for (const std::string& pid : all) {
      EXPECT_TRUE(run_until([&] {
        wait_a_moment();
        return !runs(pid);
      })) << pid;
    }
  }
  test::TemporaryDirectory directory_;

 private:
  /// Wakes the loop, so that what lies outside of it is looked at again.
  void wait_a_moment() {
    timer_.expires_after(milliseconds(5));
    timer_.async_wait([](const boost::system::error_code&) {});
  }
  testing::asio::steady_timer timer_{io_};
};

// ------------------------------------------------------------------------------ results

TEST_F(ExecTest, PassesWithTheFirstLine) {
  const ProbeResult result = run("exec", command({"/bin/echo", "OK - 'all' $HOME\nmore"}));
  EXPECT_TRUE(result.pass);
  EXPECT_EQ(result.reason, "OK - 'all' $HOME");
}

TEST_F(ExecTest, TheShellIsOnlyUsedIfAsked) {
  const ProbeResult result = run("exec", shell("echo $((6 * 7)) | cat; exit 0"));
  EXPECT_TRUE(result.pass);
  EXPECT_EQ(result.reason, "42");
}

TEST_F(ExecTest, FailsWithTheExitCode) {
  const ProbeResult result = run("exec", shell("echo too bad >&2; exit 2"));
  EXPECT_FALSE(result.pass);
  EXPECT_EQ(result.reason, "the shell command ended with exit code 2: too bad");
  EXPECT_EQ(result.failure, Failure::failed);
}

TEST_F(ExecTest, AWarningFailsUnlessItIsToPass) {
  Settings settings = shell("echo WARNING - load; exit 1");
  EXPECT_FALSE(run("exec", settings).pass);
  settings["warning_is"] = std::string("pass");
  const ProbeResult result = run("exec", settings);
  EXPECT_TRUE(result.pass);
  EXPECT_EQ(result.warning, "the shell command ended with exit code 1: WARNING - load");
}

TEST_F(ExecTest, SaysWhichSignalKilledIt) {
  const ProbeResult result = run("exec", shell("kill -SEGV $$"));
  EXPECT_FALSE(result.pass);
  EXPECT_EQ(result.reason, "the shell command was killed by SIGSEGV");
}

TEST_F(ExecTest, RunsRealPlugins) {
  const std::string plugins = "/usr/lib/nagios/plugins/";
  const testing::Server server(io_, [](const testing::Socket&) {});
  const ProbeResult good =
      run("exec",
          command({plugins + "check_tcp", "-H", "127.0.0.1", "-p", std::to_string(server.port())}));
  EXPECT_TRUE(good.pass) << good.reason;
  EXPECT_THAT(good.reason,
              ::testing::MatchesRegex("TCP OK - .* second response time .*port [0-9]+"));
  const testing::ClosedPort closed(io_);
  const std::string address = closed.address();
  const ProbeResult bad = run("exec", command({plugins + "check_tcp", "-H", "127.0.0.1", "-p",
                                               address.substr(address.find(':') + 1)}));
  EXPECT_FALSE(bad.pass);
  EXPECT_THAT(bad.reason, ::testing::StartsWith("check_tcp ended with exit code 2: "));
  EXPECT_THAT(bad.reason, ::testing::HasSubstr("Connection refused"));
  const ProbeResult unknown = run("exec", command({plugins + "check_dummy", "3", "who knows"}));
  EXPECT_FALSE(unknown.pass);
  EXPECT_EQ(unknown.reason, "check_dummy ended with exit code 3: UNKNOWN: who knows");
}

TEST_F(ExecTest, WhatCannotBeStartedCouldNotRun) {
  const std::string no_program = directory_.write("text", "no program");
  const std::string no_interpreter = directory_.write("script", "#!/nowhere/sh\n");
  std::filesystem::permissions(no_interpreter, std::filesystem::perms::owner_all);
  const std::pair<Settings, std::string> all[] = {
      {command({"/nowhere/check"}), "cannot start /nowhere/check: No such file or directory"},
      {command({no_program}), "cannot start " + no_program + ": Permission denied"},
      {command({no_interpreter}), "cannot start " + no_interpreter + ": No such file or directory"},
      {{{"shell", std::string("true")}, {"directory", std::string("/nowhere")}},
       "cannot enter /nowhere: No such file or directory"},
      {{{"shell", std::string("true")}, {"user", std::string("no such user")}},
       "there is no user no such user in /etc/passwd"},
  };
  for (const auto& [settings, cause] : all) {
    const ProbeResult result = run("exec", settings);
    EXPECT_FALSE(result.pass);
    EXPECT_EQ(result.failure, Failure::not_run);
    EXPECT_EQ(result.reason, "the check could not run: " + cause);
  }
  EXPECT_THAT(children(), IsEmpty());
}

// -------------------------------------------------------------- what the program starts with

TEST_F(ExecTest, TheEnvironmentIsCleanAndTheDirectoryAsAsked) {
  ::setenv("SECRET", "of the agent", 1);
  Settings settings = command({"/usr/bin/env", "-0"});
  EXPECT_EQ(run("exec", settings).reason,
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C");
  settings["environment"] = Texts{"PATH=/bin", "A=b c", "B="};
  EXPECT_EQ(run("exec", settings).reason, "LANG=C PATH=/bin A=b c B=");
  EXPECT_EQ(run("exec", command({"/bin/pwd"})).reason, "/");
  settings = command({"/bin/pwd"});
  settings["directory"] = std::string("/usr");
  EXPECT_EQ(run("exec", settings).reason, "/usr");
  ::unsetenv("SECRET");
}

TEST_F(ExecTest, NothingOfTheAgentIsOpenInIt) {
  // Without close-on-exec, as a library might.
  const int leaked = ::open("/dev/null", O_RDONLY);
  const int far_away = ::fcntl(leaked, F_DUPFD, 700);
  // A pipeline or a pattern would open descriptors of the shell's own.
  EXPECT_EQ(run("exec", shell("n=3; while [ $n -lt 1024 ]; do [ ! -e /proc/$$/fd/$n ] || echo $n; "
                              "n=$((n + 1)); done; echo nothing else"))
                .reason,
            "nothing else");
  EXPECT_EQ(run("exec", shell("readlink /proc/$$/fd/0")).reason, "/dev/null");
  ::close(leaked);
  ::close(far_away);
}

TEST_F(ExecTest, ItsStandardStreamsAreThereEvenIfOursAreClosed) {
  const int saved[] = {::dup(0), ::dup(1), ::dup(2)};
  for (int number = 0; number < 3; ++number) ::close(number);
  const ProbeResult result =
      run("exec", shell("readlink /proc/$$/fd/0; echo to error >&2; exit 1"));
  for (int number = 0; number < 3; ++number) {
    ::dup2(saved[number], number);
    ::close(saved[number]);
  }
  EXPECT_EQ(result.reason, "the shell command ended with exit code 1: /dev/null");
}

TEST_F(ExecTest, SignalsAreAsUsual) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGUSR2, SIG_IGN);
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGHUP);
  sigprocmask(SIG_BLOCK, &blocked, &before);
  const std::string seen =
      run("exec", shell("grep -E '^Sig(Blk|Ign)' /proc/self/status | tr -d '\\n'")).reason;
  sigprocmask(SIG_SETMASK, &before, nullptr);
  std::signal(SIGPIPE, SIG_DFL);
  std::signal(SIGUSR2, SIG_DFL);
  EXPECT_EQ(seen, "SigBlk: 0000000000000000SigIgn: 0000000000000000");
}

TEST_F(ExecTest, LeadsASessionAndAGroup) {
  EXPECT_TRUE(run("exec", shell("read pid name state parent group session rest </proc/$$/stat;"
                                "test $pid = $group && test $pid = $session"))
                  .pass);
}

TEST_F(ExecTest, ManyDescriptorsAreTheAgentsAlone) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit raised = before;
  raised.rlim_cur = std::max<rlim_t>(before.rlim_cur, 2000);
  raised.rlim_max = std::max(before.rlim_max, raised.rlim_cur);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &raised), 0);
  EXPECT_EQ(run("exec", shell("ulimit -S -n")).reason, "1024");
  setrlimit(RLIMIT_NOFILE, &before);
}

TEST_F(ExecTest, ChildrenAreReapedEvenIfTheParentIgnoredThem) {
  std::signal(SIGCHLD, SIG_IGN);
  const ProbeResult result = run("exec", shell("exit 7"));
  std::signal(SIGCHLD, SIG_DFL);
  EXPECT_EQ(result.reason, "the shell command ended with exit code 7");
}

/// A probe with a loop of its own, for a process that the test has forked.
ProbeResult run_alone(const Settings& settings) {
  testing::asio::io_context io;
  std::optional<ProbeResult> result;
  Prober prober(io, [&](const model::Event& event) {
    result = std::get<model::event::ProbeFinished>(event).result;
  });
  auto config = std::make_shared<model::CheckConfig>();
  config->type = "exec";
  config->settings = testing::prepared("exec", settings);
  config->timeout = seconds(10);
  prober.start({"web", "it"}, 1, config);
  while (!result) io.run_one();
  return *result;
}

/// The reason, on standard error, for EXPECT_EXIT.
[[noreturn]] void tell(const ProbeResult& result) {
  const std::string text = "<" + result.reason + ">";
  [[maybe_unused]] const ssize_t size = ::write(2, text.data(), text.size());
  ::_exit(result.pass ? 0 : result.failure == Failure::not_run ? 3 : 1);
}

using ExecDeathTest = ExecTest;

TEST_F(ExecDeathTest, PriorityAndOomScoreAreAsUsual) {
  EXPECT_EXIT(
      {
        ::setpriority(PRIO_PROCESS, 0, -5);
        // Not every container may do this; the score is 0 anyway then.
        std::ofstream("/proc/self/oom_score_adj") << -500;
        const std::string before = read("/proc/self/oom_score_adj");
        const ProbeResult result = run_alone(shell("echo $(nice) $(cat /proc/self/oom_score_adj)"));
        const bool kept = ::getpriority(PRIO_PROCESS, 0) == -5 &&
                          read("/proc/self/oom_score_adj") == before && !before.empty();
        if (!kept) ::_exit(90);
        tell(result);
      },
      ::testing::ExitedWithCode(0), "<0 0>");
}

/// As systemd starts the agent: an ordinary user with an ambient capability.
void become_user_with(std::uint32_t capability, uid_t user) {
  ::prctl(PR_SET_KEEPCAPS, 1);
  if (::setresgid(user, user, user) != 0 || ::setresuid(user, user, user) != 0) ::_exit(90);
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3]{};
  sets[0].effective = sets[0].permitted = sets[0].inheritable = 1U << capability;
  if (::syscall(SYS_capset, &header, sets) != 0) ::_exit(91);
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) != 0) ::_exit(92);
}

TEST_F(ExecDeathTest, InheritsNoCapability) {
  const std::string none = "0000000000000000";
  EXPECT_EXIT(
      {
        become_user_with(CAP_NET_ADMIN, 65534);
        tell(run_alone(shell("grep -E '^Cap(Inh|Prm|Eff|Amb)' /proc/self/status | tr -d '\\n'")));
      },
      ::testing::ExitedWithCode(0),
      "<CapInh: " + none + "CapPrm: " + none + "CapEff: " + none + "CapAmb: " + none + ">");
}

// -------------------------------------------------------------------------------- users

std::string output_of(const std::string& line) {
  std::FILE* pipe = ::popen(line.c_str(), "r");
  std::string text;
  for (int c = 0; (c = std::fgetc(pipe)) != EOF;) text += static_cast<char>(c);
  EXPECT_EQ(::pclose(pipe), 0) << line;
  return text.substr(0, text.find('\n'));
}

TEST_F(ExecTest, RunsAsAUserWithItsGroups) {
  // User frr is in a second group.
  for (const std::string user : {"nobody", "frr"}) {
    Settings settings = shell(
        "echo $(id -un) $(id -G) $HOME $USER $LOGNAME; grep -q "
        "'^CapEff:.0*$' /proc/self/status");
    settings["user"] = user;
    const ProbeResult result = run("exec", settings);
    EXPECT_TRUE(result.pass) << result.reason;
    EXPECT_EQ(result.reason, output_of("id -un " + user) + " " + output_of("id -G " + user) + " " +
                                 output_of("getent passwd " + user + " | cut -d: -f6") + " " +
                                 user + " " + user);
  }
}

TEST_F(ExecTest, AsAUserItMayNotWhatTheUserMayNot) {
  directory_.write("closed/x", "");
  std::filesystem::permissions(directory_.path("closed"), std::filesystem::perms::owner_all);
  Settings settings = shell("true");
  settings["user"] = std::string("nobody");
  settings["directory"] = directory_.path("closed");
  const ProbeResult result = run("exec", settings);
  EXPECT_EQ(result.failure, Failure::not_run);
  EXPECT_EQ(result.reason, "the check could not run: cannot enter " + directory_.path("closed") +
                               ": Permission denied");
}

TEST_F(ExecDeathTest, CannotBecomeAUserWithoutThePower) {
  Settings settings = shell("true");
  settings["user"] = std::string("daemon");
  EXPECT_EXIT(
      {
        if (::setresuid(65534, 65534, 65534) != 0) ::_exit(90);
        tell(run_alone(settings));
      },
      ::testing::ExitedWithCode(3),
      "<the check could not run: cannot become user daemon: Operation not permitted>");
}

TEST_F(ExecDeathTest, NeedsNoPowerToStayTheSameUser) {
  Settings settings = shell("id -un");
  settings["user"] = std::string("daemon");
  EXPECT_EXIT(
      {
        const passwd* daemon = ::getpwnam("daemon");
        if (::setresgid(daemon->pw_gid, daemon->pw_gid, daemon->pw_gid) != 0) ::_exit(90);
        if (::setresuid(daemon->pw_uid, daemon->pw_uid, daemon->pw_uid) != 0) ::_exit(90);
        tell(run_alone(settings));
      },
      ::testing::ExitedWithCode(0), "<daemon>");
}

TEST(LocalUser, IsReadFromTheFiles) {
  const auto root = files::find_local_user("root");
  ASSERT_TRUE(root.has_value());
  EXPECT_EQ(root->uid, 0u);
  EXPECT_EQ(root->gid, 0u);
  EXPECT_EQ(root->home, "/root");
  EXPECT_EQ(files::find_local_user("roo").error().what, "there is no user roo in /etc/passwd");
}

// ---------------------------------------------------------------------------- ends, and none

TEST_F(ExecTest, TheGroupIsKilledAtTheDeadlineWhateverItIgnores) {
  const std::string list = directory_.path("pids");
  const std::string line = "trap '' TERM INT HUP; (trap '' TERM; echo $$ >>" + list +
                           "; sleep 1000) & sleep 1000 & echo $! >>" + list + "; wait";
  const ProbeResult result = run("exec", shell(line), milliseconds(500));
  EXPECT_FALSE(result.pass);
  EXPECT_EQ(result.reason, "no exit of the shell command within 500 ms");
  EXPECT_EQ(result.failure, Failure::failed);
  expect_gone(pids(list, 2));
  EXPECT_TRUE(run_until([&] { return children().empty(); }));
}

TEST_F(ExecTest, ACancelledProgramIsKilledAndReaped) {
  const std::string list = directory_.path("pids");
  const auto before = open_descriptors();
  prober_->start({"web", "it"}, 1,
                 config("exec", shell("echo $$ >" + list + "; exec sleep 1000"), seconds(60)));
  const Texts started = pids(list, 1);
  EXPECT_EQ(children(), started);
  prober_->cancel({"web", "it"});
  EXPECT_TRUE(run_until([&] { return children().empty(); }));
  EXPECT_TRUE(run_until([&] { return open_descriptors() == before; }));
  EXPECT_THAT(finished_, IsEmpty());
}

TEST_F(ExecTest, WhoOutlivesTheProgramIsKilledAndNotWaitedFor) {
  const std::string list = directory_.path("pids");
  // It holds the pipe open, and has nothing to say.
  const ProbeResult result =
      run("exec", shell("sleep 1000 & echo $! >" + list + "; echo fine"), seconds(60));
  EXPECT_TRUE(result.pass);
  EXPECT_EQ(result.reason, "fine");
  EXPECT_LT(result.latency, seconds(30));
  expect_gone(pids(list, 1));
}

TEST_F(ExecTest, OutputBeforeTheEndIsNotLost) {
  // The shell is gone when the loop first looks.
  for (int round = 0; round < 20; ++round) {
    EXPECT_EQ(run("exec", shell("echo said in round " + std::to_string(round))).reason,
              "said in round " + std::to_string(round));
  }
}

TEST_F(ExecTest, MuchOutputIsDropped) {
  const ProbeResult result = run("exec", shell("echo first; head -c 800000 /dev/zero"));
  EXPECT_TRUE(result.pass) << result.reason;
  EXPECT_EQ(result.reason, "first");
}

TEST_F(ExecTest, OutputWithoutAnEndIsNotReadForEver) {
  rusage before{};
  getrusage(RUSAGE_SELF, &before);
  const ProbeResult result = run("exec", command({"/usr/bin/yes"}), seconds(2));
  rusage after{};
  getrusage(RUSAGE_SELF, &after);
  EXPECT_FALSE(result.pass);
  EXPECT_EQ(result.reason, "no exit of yes, which wrote more than 1 MiB, within 2 s");
  // It was not read for two seconds.
  const auto used = [](const timeval& time) {
    return seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
  };
  EXPECT_LT(
      used(after.ru_utime) + used(after.ru_stime) - used(before.ru_utime) - used(before.ru_stime),
      milliseconds(500));
}

TEST_F(ExecTest, ClosedOutputIsNoEnd) {
  const ProbeResult result = run("exec", shell("exec >&- 2>&-; sleep 0.2; exit 4"));
  EXPECT_EQ(result.reason, "the shell command ended with exit code 4");
}

TEST_F(ExecTest, NothingIsLeftOfManyPrograms) {
  run("exec", shell("true"));
  const auto before = open_descriptors();
  constexpr std::size_t kMany = 60;
  finished_.clear();
  for (std::size_t number = 0; number < kMany; ++number) {
    const char* lines[] = {"true", "exit 2", "sleep 1000", "sleep 1000 & sleep 1000", "kill $$"};
    prober_->start(
        {"web", std::to_string(number)}, number,
        config("exec", shell(lines[number % 5]), milliseconds(number % 5 < 2 ? 10000 : 300)));
  }
  EXPECT_TRUE(run_until([&] { return finished_.size() == kMany; }));
  EXPECT_TRUE(run_until([&] { return children().empty() && open_descriptors() == before; }))
      << children().size() << " children, descriptors " << open_descriptors() << ", before "
      << before;
}

TEST_F(ExecTest, TheEndOfTheProberIsTheEndOfThePrograms) {
  const std::string list = directory_.path("pids");
  const auto before = open_descriptors();
  for (int number = 0; number < 4; ++number) {
    prober_->start({"web", std::to_string(number)}, 1,
                   config("exec", shell("echo $$ >>" + list + "; exec sleep 1000"), seconds(60)));
  }
  EXPECT_EQ(pids(list, 4).size(), 4u);
  prober_.reset();
  // Without the loop.
  EXPECT_THAT(children(), IsEmpty());
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(ExecTest, ProgramsThatDoNotEndDoNotPileUp) {
  // Killed, but the loop has not run since: like processes that hang in the kernel.
  const auto start = [&](const std::string& line, std::uint64_t generation) {
    prober_->start({"web", "it"}, generation, config("exec", shell(line), seconds(60)));
  };
  for (std::uint64_t generation = 1; generation <= 3; ++generation) {
    start("sleep 1000", generation);
    prober_->cancel({"web", "it"});
  }
  for (int turn = 0; turn < 5000 && children().size() < 3; ++turn) ::usleep(1000);
  EXPECT_EQ(children().size(), 3u);
  start("sleep 1000", 4);
  EXPECT_EQ(children().size(), 3u);
  prober_->start({"web", "other"}, 5, config("exec", shell("true"), seconds(60)));
  ASSERT_TRUE(run_until([&] { return finished_.size() == 2; }));
  EXPECT_EQ(finished_[0].generation, 4u);
  EXPECT_EQ(finished_[0].result.failure, Failure::not_run);
  EXPECT_EQ(
      finished_[0].result.reason,
      "the check could not run: earlier runs of the shell command were killed, but do not end");
  EXPECT_TRUE(finished_[1].result.pass);
  // And when they have ended, all is well again.
  EXPECT_TRUE(run_until([&] { return children().empty(); }));
  EXPECT_TRUE(run("exec", shell("sleep 0")).pass);
}

TEST_F(ExecTest, AFileSystemThatDoesNotAnswerHoldsUpNothing) {
  test::FrozenFiles frozen;
  if (!frozen.exist()) GTEST_SKIP() << "this kernel or this user has no FUSE";
  const std::string program = frozen.path("plugin");
  const ProbeResult late = run("exec", command({program}), milliseconds(1100));
  EXPECT_EQ(late.failure, Failure::not_run);
  EXPECT_EQ(late.reason, "no start of plugin within 1.1 s");
  const ProbeResult again = run("exec", command({program}));
  EXPECT_EQ(again.failure, Failure::not_run);
  EXPECT_EQ(again.reason, "the check could not run: cannot start " + program +
                              ": its file system does not answer");
  EXPECT_TRUE(run("exec", shell("true")).pass) << "the others go on";
  prober_.reset();  // does not wait for it
  frozen.thaw();
  EXPECT_TRUE(run_until([] { return children().empty(); })) << "and nothing is left behind";
}

TEST_F(ExecTest, DiesWithTheAgent) {
  const std::string list = directory_.path("pids");
  const pid_t agent = ::fork();
  if (agent == 0) {
    testing::asio::io_context io;
    auto* prober = new Prober(io, [](const model::Event&) {});
    prober->start({"web", "it"}, 1,
                  config("exec", shell("echo $$ >" + list + "; exec sleep 1000"), seconds(60)));
    while (read(list).empty()) io.run_for(milliseconds(5));
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(agent, &status, 0), agent);
  ASSERT_TRUE(WIFSIGNALED(status));
  expect_gone(pids(list, 1));
}

// ----------------------------------------------------------------------------- no resources

TEST_F(ExecTest, WithoutDescriptorsItCouldNotRun) {
  EXPECT_TRUE(run("exec", shell("true")).pass);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const auto open = open_descriptors();
  for (int spare = 0; spare < 3; ++spare) {
    // Descriptors are dense up to the lowest free one.
    const int lowest = ::dup(0);
    ::close(lowest);
    rlimit low = before;
    low.rlim_cur = static_cast<rlim_t>(lowest + spare);
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
    const ProbeResult result = run("exec", shell("true"));
    setrlimit(RLIMIT_NOFILE, &before);
    EXPECT_EQ(result.failure, Failure::not_run) << spare;
    EXPECT_EQ(result.reason,
              "the check could not run: cannot start a process: Too many open files");
  }
  EXPECT_EQ(open_descriptors(), open);
}

TEST_F(ExecDeathTest, WithoutProcessesItCouldNotRun) {
  EXPECT_EXIT(
      {
        const rlimit none = {};
        if (::setrlimit(RLIMIT_NPROC, &none) != 0) ::_exit(90);
        if (::setresuid(65534, 65534, 65534) != 0) ::_exit(91);
        tell(run_alone(shell("true")));
      },
      ::testing::ExitedWithCode(3),
      "<the check could not run: cannot start a process: Resource temporarily unavailable>");
}

// ----------------------------------------------------------------------------- settings

TEST(ExecSettings, GoodOnesAreAccepted) {
  const Settings all[] = {
      command({"/bin/true"}),
      command({"/bin/true", "", "-x"}),
      shell("true | false"),
      {{"shell", std::string("x")},
       {"environment", Texts{"A=", "_b1=c=d"}},
       {"user", std::string("nagios")},
       {"directory", std::string("/tmp")},
       {"warning_is", std::string("pass")}},
  };
  for (const Settings& settings : all) EXPECT_THAT(testing::refused("exec", settings), IsEmpty());
}

TEST(ExecSettings, BadOnesAreNamed) {
  const std::string nul("a\0b", 3);
  const std::pair<Settings, std::string> all[] = {
      {{}, "command"},
      {{{"command", Texts{"/bin/true"}}, {"shell", std::string("true")}}, "shell"},
      {command({}), "command"},
      {command({"true"}), "command"},
      {command({"bin/true"}), "command"},
      {command({"/bin/true", nul}), "command"},
      {command({"/" + nul}), "command"},
      {shell(""), "shell"},
      {shell(nul), "shell"},
      {{{"shell", std::string("x")}, {"environment", Texts{"A"}}}, "environment"},
      {{{"shell", std::string("x")}, {"environment", Texts{"=b"}}}, "environment"},
      {{{"shell", std::string("x")}, {"environment", Texts{"1A=b"}}}, "environment"},
      {{{"shell", std::string("x")}, {"environment", Texts{"A B=b"}}}, "environment"},
      {{{"shell", std::string("x")}, {"environment", Texts{"A=" + nul}}}, "environment"},
      {{{"shell", std::string("x")}, {"user", std::string()}}, "user"},
      {{{"shell", std::string("x")}, {"user", nul}}, "user"},
      {{{"shell", std::string("x")}, {"directory", std::string("tmp")}}, "directory"},
      {{{"shell", std::string("x")}, {"warning_is", std::string("maybe")}}, "warning_is"},
  };
  for (const auto& [settings, key] : all) {
    const auto errors = testing::refused("exec", settings);
    ASSERT_EQ(errors.size(), 1u) << key;
    EXPECT_EQ(errors[0].key, key) << errors[0].message;
  }
}

TEST(ExecSettings, BecomeAProgram) {
  const auto made_of = [](const Settings& given) {
    return testing::prepared("exec", given).prepared.as<ExecSettings>();
  };
  const auto plain = made_of(command({"/usr/bin/pgrep", "nginx"}));
  EXPECT_EQ(plain->command, (Texts{"/usr/bin/pgrep", "nginx"}));
  EXPECT_EQ(plain->name, "pgrep");
  EXPECT_EQ(plain->directory, "/");
  EXPECT_FALSE(plain->warning_passes);
  Settings settings = shell("true | false");
  settings["environment"] = Texts{"LANG=de", "A=b"};
  settings["directory"] = std::string("/tmp");
  settings["warning_is"] = std::string("pass");
  const auto line = made_of(settings);
  EXPECT_EQ(line->command, (Texts{"/bin/sh", "-c", "true | false"}));
  EXPECT_EQ(line->name, "the shell command");
  EXPECT_TRUE(line->warning_passes);
  const auto program = program_of(*line);
  ASSERT_TRUE(program);
  EXPECT_EQ(program->directory, "/tmp");
  EXPECT_THAT(program->environment,
              ::testing::ElementsAre(::testing::StartsWith("PATH="), "LANG=de", "A=b"));
}

/// Who that is may change, and a user that comes later is no matter of the configuration.
TEST(ExecSettings, TheUserIsLookedUpWhenTheProgramStarts) {
  Settings settings = shell("true");
  settings["user"] = std::string("no-such-user");
  const auto made = testing::prepared("exec", settings).prepared.as<ExecSettings>();
  const auto program = program_of(*made);
  ASSERT_FALSE(program);
  EXPECT_EQ(program.error().what, "there is no user no-such-user in /etc/passwd");
}

}  // namespace
}  // namespace vipherd::probe::exec
