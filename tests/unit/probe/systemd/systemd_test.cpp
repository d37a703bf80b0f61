// Against a real systemd, over its own socket and over a message bus.
#include <csignal>
#include <filesystem>
#include <iterator>

#include "unit/probe/probe_fixture.hpp"
#include "unit/probe/systemd_manager.hpp"
#include "vipherd/probe/kinds.hpp"

namespace vipherd::probe::systemd {
namespace {

using model::Failure;
using model::ProbeResult;
using model::Settings;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::SystemdManager;
using Texts = std::vector<std::string>;

std::ptrdiff_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return std::distance(begin(all), end(all));
}

Settings unit(const std::string& name) { return {{"unit", name}}; }

class SystemdProbeTest : public testing::ProbeTest,
                         public ::testing::WithParamInterface<SystemdManager::By> {
 protected:
  ~SystemdProbeTest() override { prober_.reset(); }
  SystemdManager systemd_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Over, SystemdProbeTest,
                         ::testing::Values(SystemdManager::By::its_socket,
                                           SystemdManager::By::message_bus),
                         [](const auto& info) {
                           return info.param == SystemdManager::By::its_socket
                                      ? std::string("ItsSocket")
                                      : std::string("AMessageBus");
                         });

TEST_P(SystemdProbeTest, PassesWhileTheUnitIsActive) {
  EXPECT_EQ(run("systemd", unit("web.service")).reason, "web.service is inactive (dead)");
  systemd_.systemctl("start web.service");
  ProbeResult result = run("systemd", unit("web.service"));
  EXPECT_TRUE(result.pass);
  EXPECT_EQ(result.reason, "web.service is active (running)");
  systemd_.systemctl("stop web.service");
  result = run("systemd", unit("web.service"));
  EXPECT_FALSE(result.pass);
  EXPECT_EQ(result.failure, Failure::failed);
}

TEST_P(SystemdProbeTest, SaysWhatIsWrong) {
  systemd_.systemctl("start bad.service");
  ASSERT_TRUE(run_until([&] { return systemd_.systemctl("is-failed bad.service") == "failed"; }));
  const std::pair<std::string, std::string> all[] = {
      {"bad.service", "bad.service is failed"},
      {"ngin.service", "there is no unit ngin.service"},
      {"masked.service", "masked.service is masked"},
  };
  for (const auto& [name, reason] : all) {
    const ProbeResult result = run("systemd", unit(name));
    EXPECT_FALSE(result.pass);
    EXPECT_EQ(result.reason, reason);
    EXPECT_EQ(result.failure, Failure::failed);
  }
}

TEST_P(SystemdProbeTest, OtherStatesMayBeExpected) {
  Settings settings = unit("web.service");
  settings["expect"] = Texts{"inactive", "failed"};
  EXPECT_TRUE(run("systemd", settings).pass);
  systemd_.systemctl("start web.service");
  EXPECT_FALSE(run("systemd", settings).pass);
  // What is not there is not inactive, either.
  settings["unit"] = std::string("ngin.service");
  EXPECT_FALSE(run("systemd", settings).pass);
}

TEST_P(SystemdProbeTest, ManyShareOneConnection) {
  systemd_.systemctl("start web.service");
  ASSERT_TRUE(run("systemd", unit("web.service")).pass);
  const auto before = open_descriptors();
  finished_.clear();
  constexpr std::size_t kMany = 300;
  for (std::size_t number = 0; number < kMany; ++number) {
    prober_->start({"web", std::to_string(number)}, number,
                   config("systemd", unit("web.service"), seconds(10)));
    if (number % 3 == 0) prober_->cancel({"web", std::to_string(number)});
  }
  EXPECT_EQ(open_descriptors(), before);
  ASSERT_TRUE(run_until([&] { return finished_.size() == kMany - kMany / 3; }));
  for (const auto& finished : finished_)
    EXPECT_TRUE(finished.result.pass) << finished.result.reason;
  prober_.reset();
  EXPECT_LT(open_descriptors(), before) << "the connection is still open";
}

TEST_P(SystemdProbeTest, ASystemdThatHangsIsNotWaitedFor) {
  ASSERT_EQ(run("systemd", unit("web.service")).reason, "web.service is inactive (dead)");
  systemd_.signal(SIGSTOP);
  const ProbeResult result = run("systemd", unit("web.service"), milliseconds(100));
  EXPECT_EQ(result.reason, "no answer from systemd within 100 ms");
  systemd_.signal(SIGCONT);
  EXPECT_EQ(run("systemd", unit("web.service")).reason, "web.service is inactive (dead)");
}

TEST_P(SystemdProbeTest, ALostConnectionIsMadeAgain) {
  ASSERT_EQ(run("systemd", unit("web.service")).reason, "web.service is inactive (dead)");
  systemd_.kill();
  const ProbeResult lost = run("systemd", unit("web.service"));
  EXPECT_FALSE(lost.pass);
  EXPECT_EQ(lost.failure, Failure::not_run);
  EXPECT_THAT(lost.reason, ::testing::MatchesRegex(
                               "the check could not run: cannot reach systemd over D-Bus: .*|"
                               "the check could not run: systemd says over D-Bus: .*"));
  systemd_.start();
  // The old connection may still have to be found lost.
  ASSERT_TRUE(run_until([&] {
    return run("systemd", unit("web.service")).reason == "web.service is inactive (dead)";
  }));
}

class NoSystemdTest : public testing::ProbeTest {};

TEST_F(NoSystemdTest, CouldNotRun) {
  const testing::MountNamespace mounts;
  ASSERT_EQ(::mount("tmpfs", "/run/systemd", "tmpfs", 0, nullptr), 0);
  ::setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere/bus", 1);
  run("systemd", unit("web.service"));
  const auto before = open_descriptors();
  const ProbeResult result = run("systemd", unit("web.service"));
  EXPECT_EQ(result.failure, Failure::not_run);
  EXPECT_EQ(result.reason,
            "the check could not run: cannot reach systemd over D-Bus: No such file or directory");
  EXPECT_EQ(open_descriptors(), before);
  ::unsetenv("DBUS_SYSTEM_BUS_ADDRESS");
}

TEST(SystemdSettings, AreJudged) {
  const auto errors_of = [](const Settings& given) { return testing::refused("systemd", given); };
  for (const std::string good :
       {"nginx.service", "getty@tty1.service", "a\\x2db.mount", "x-y_z:1.target"}) {
    EXPECT_THAT(errors_of(unit(good)), ::testing::IsEmpty()) << good;
  }
  for (const std::string bad :
       {"", "nginx", ".service", "a/b.service", "a b.service", "nginx.servic"}) {
    const auto errors = errors_of(unit(bad));
    ASSERT_EQ(errors.size(), 1u) << bad;
    EXPECT_EQ(errors[0].key, "unit");
    EXPECT_EQ(errors[0].message,
              "expected a unit with its suffix such as \"nginx.service\", got \"" + bad + "\"");
  }
  Settings settings = unit("nginx.service");
  settings["expect"] = Texts{"active", "inactive"};
  EXPECT_THAT(errors_of(settings), ::testing::IsEmpty());
  for (const Texts& bad : {Texts{}, Texts{"up"}, Texts{"active", "running"}}) {
    settings["expect"] = bad;
    EXPECT_EQ(errors_of(settings).size(), 1u);
  }
}

}  // namespace
}  // namespace vipherd::probe::systemd
