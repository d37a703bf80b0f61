// What the commands do that need no agent.
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <regex>
#include <sstream>

#include "unit/cli/run_command.hpp"
#include "unit/kernel/net_namespace.hpp"
#include "unit/temporary_directory.hpp"
#include "vipherd/kernel/attacher.hpp"
#include "vipherd/kernel/owner_lock.hpp"

namespace vipherd::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kSound = R"([vips]
pool = ["10.10.10.0/24"]
[services.web]
vips = ["10.10.10.10", "10.10.10.11"]
checks.tcp = {type = "tcp", address = "127.0.0.1:1"}
)";

TEST(CommandLine, ExplainsItself) {
  for (const auto& arguments : std::vector<std::vector<std::string>>{{"--help"},
                                                                     {"run", "--help"},
                                                                     {"check-config", "-h"},
                                                                     {"cleanup", "--help"},
                                                                     {"status", "--help"},
                                                                     {"probe", "--help"},
                                                                     {"disable", "--help"},
                                                                     {"enable", "--help"},
                                                                     {"clear-damping", "--help"}}) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 0);
    EXPECT_THAT(outcome.out, HasSubstr("Usage: vipherd"));
    EXPECT_EQ(outcome.err, "");
  }
  for (const char* version : {"--version", "-V"}) {
    EXPECT_EQ(run({version}).out, "vipherd " VIPHERD_VERSION "\n");
  }
}

TEST(CommandLine, ExitsWithTwoOnBadUsage) {
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{},
                                             {"frobnicate"},
                                             {"--bogus"},
                                             {"status", "--bogus"},
                                             {"status", "--url", "x", "--socket", "y"},
                                             {"disable"},
                                             {"disable", "a", "b"},
                                             {"probe", "--timeout", "long"},
                                             {"probe", "--timeout", "25h"},
                                             {"probe", "web", "--wait", "dns"},
                                             {"drain", "--limit", "long"},
                                             {"run", "extra"},
                                             {"run", "--log-level", "loud"},
                                             {"check-config", "--config"},
                                             {"run", "status"}}) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 2) << testing::PrintToString(arguments);
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(outcome.err, HasSubstr("--help"));
  }
}

/// What --help lists under a heading, of options those with a value: the type follows the name.
std::vector<std::string> listed(const std::string& help, const std::string& heading) {
  static const std::regex kEntry("  (?:(--[a-z-]+) \\S.*|([a-z][a-z-]*)(?: .*)?)");
  std::vector<std::string> words;
  const std::size_t at = help.find("\n" + heading + ":\n");
  if (at == std::string::npos) return words;
  std::istringstream lines(help.substr(at + heading.size() + 3));
  for (std::string line; std::getline(lines, line) && !line.empty();) {
    std::smatch entry;
    if (std::regex_match(line, entry, kEntry)) words.push_back(entry[1].str() + entry[2].str());
  }
  return words;
}

TEST(CommandLine, TakesNoEmptyTextForNotGiven) {
  const std::vector<std::string> commands = listed(run({"--help"}).out, "Subcommands");
  EXPECT_GE(commands.size(), 13u);
  std::size_t tried = 0;
  for (const std::string& command : commands) {
    const std::string help = run({command, "--help"}).out;
    std::vector<std::vector<std::string>> attempts;
    for (const std::string& option : listed(help, "Options")) {
      attempts.push_back({command, option, ""});
    }
    std::vector<std::string> arguments{command};
    for (const std::string& argument : listed(help, "Positionals")) {
      arguments.emplace_back();
      attempts.push_back(arguments);
      arguments.back() = argument == "percent" ? "30" : "web";
    }
    for (const auto& attempt : attempts) {
      const Outcome outcome = run(attempt);
      // What monitoring runs has an exit code of its own for that.
      const bool nagios = std::ranges::find(attempt, "--nagios") != attempt.end();
      EXPECT_EQ(outcome.code, nagios ? 3 : 2) << testing::PrintToString(attempt);
      EXPECT_EQ(outcome.out, "");
      EXPECT_THAT(outcome.err, HasSubstr("--help")) << testing::PrintToString(attempt);
      ++tried;
    }
  }
  EXPECT_GE(tried, 20u);
}

TEST(CheckConfig, CountsWhatASoundConfigurationHas) {
  const test::TemporaryDirectory folder;
  const std::string path = folder.write("v.toml", kSound);
  const Outcome outcome = run({"check-config", "--config", path});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, path + ": ok: 1 service, 2 VIPs, 1 check\n");
  EXPECT_EQ(outcome.err, "");
}

TEST(CheckConfig, TellsProgramsTheSame) {
  const test::TemporaryDirectory folder;
  const std::string path = folder.write("v.toml", kSound);
  EXPECT_EQ(run({"check-config", "--json", "--config", path}).out,
            R"({"file":")" + path +
                R"(","ok":true,"services":1,"vips":2,"checks":1,"warning":"","faults":[]})"
                "\n");
  const std::string bad = folder.write("w.toml", std::string(kSound) + "tga = 5\n");
  const Outcome outcome = run({"check-config", "--json", "--config", bad});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.out, R"({"file":")" + bad + R"(","ok":false,"warning":"","faults":[{"file":")" +
                             bad +
                             R"(","line":6,"column":1,"message":)"
                             R"("services.web.tga: unknown key, did you mean \"tag\"?"}]})"
                             "\n");
}

TEST(CheckConfig, WarnsIfThereAreTooFewDescriptors) {
  const test::TemporaryDirectory folder;
  const std::string path = folder.write("v.toml", kSound);
  // In a process of its own: a hard limit cannot be raised again.
  const auto check_with_few = [&] {
    const rlimit few{64, 64};
    ::setrlimit(RLIMIT_NOFILE, &few);
    std::exit(call({"check-config", "--config", path}));
  };
  EXPECT_EXIT(
      check_with_few(), testing::ExitedWithCode(0),
      "warning: the configuration may need [0-9]+ file descriptors at once and the limit is 64: .*"
      "LimitNOFILE=");
}

TEST(CheckConfig, ListsEveryErrorOfEveryFile) {
  const test::TemporaryDirectory folder;
  const std::string path = folder.write("v.toml", std::string(kSound) + "tga = 5\n");
  const std::string drop_in = folder.write("conf.d/x.toml", "[node]\nname = 1\n[log\n");
  const Outcome outcome = run({"check-config", "--config", path});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(
      outcome.err,
      AllOf(HasSubstr(path + ":6:1: services.web.tga: unknown key, did you mean \"tag\"?\n"),
            HasSubstr(drop_in + ":3:"), testing::EndsWith("\n2 errors\n")));
}

TEST(CheckConfig, SaysThatThereIsNoFile) {
  const Outcome outcome = run({"check-config", "--config", "/nonexistent/v.toml"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.err, "cannot read /nonexistent/v.toml: No such file or directory\n1 error\n");
}

TEST(Run, RefusesABadConfiguration) {
  const test::TemporaryDirectory folder;
  const Outcome outcome = run({"run", "--config", folder.write("v.toml", "nod = 1\n")});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr(":1:1: nod: unknown key, did you mean \"node\"?"));
}

constexpr const char* kOwnProtocol = R"([vips]
pool = ["10.10.10.0/24"]
route_protocol = 119
detach_delay = "0s"
[services.web]
vips = ["10.10.10.10"]
checks.tcp = {type = "tcp", address = "127.0.0.1:1"}
)";

std::string routes() {
  return kernel::testing::NetNamespace::shell("ip route show table local proto 119");
}

TEST(Run, IsRefusedBesideAnotherAgentWithTheSameRoutes) {
  const kernel::testing::NetNamespace network;
  const test::TemporaryDirectory folder;
  const auto other = kernel::OwnerLock::take(119);
  ASSERT_TRUE(other && *other);
  const Outcome outcome = run({"run", "--config", folder.write("v.toml", kOwnProtocol)});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("another vipherd in this network namespace has the routes of "
                                     "protocol 119 (vips.route_protocol)\n"));
}

TEST(Cleanup, RemovesWhatADeadAgentLeft) {
  const kernel::testing::NetNamespace network;
  const test::TemporaryDirectory folder;
  const std::string path = folder.write("v.toml", kOwnProtocol);
  network.shell("ip route add local 10.10.10.10 dev lo table local proto 119");
  const Outcome outcome = run({"cleanup", "--config", path});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, "removed 1 VIP route of protocol 119\n");
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(routes(), "");
}

TEST(Cleanup, TellsProgramsTheSame) {
  const kernel::testing::NetNamespace network;
  const test::TemporaryDirectory folder;
  network.shell("ip route add local 10.10.10.10 dev lo table local proto 119");
  const Outcome outcome =
      run({"cleanup", "--json", "--config", folder.write("v.toml", kOwnProtocol)});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out,
            R"({"ok":true,"done":["removed 1 VIP route of protocol 119"],"problems":[]})"
            "\n");
}

TEST(Cleanup, RemovesAddressesOfADeadAgent) {
  const kernel::testing::NetNamespace network;
  const test::TemporaryDirectory folder;
  boost::asio::io_context io;
  model::Config config;
  config.frr.announcer = model::Announcer::connected;
  config.vips.route_protocol = 119;
  const auto vip = IpAddress::parse("10.10.10.10").value();
  bool attached = false;
  const auto agent = kernel::make_attacher(io, config, [&](const model::Event& event) {
    attached = attached || std::holds_alternative<model::event::KernelChanged>(event);
  });
  ASSERT_TRUE(agent->start());
  agent->read({});
  agent->attach(vip);
  agent->flush();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!attached && io.run_one_until(deadline) > 0) {
  }
  ASSERT_TRUE(attached);
  network.shell("ip addr add 10.10.10.11/32 dev lo");
  const Outcome outcome = run({"cleanup", "--config", folder.write("v.toml", kOwnProtocol)});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out,
            "removed 1 VIP address of protocol 119\nremoved 0 VIP routes of protocol 119\n");
  const std::string left = network.shell("ip addr show dev lo");
  EXPECT_THAT(left, Not(HasSubstr("10.10.10.10/32")));
  EXPECT_THAT(left, HasSubstr("10.10.10.11/32"));
}

TEST(Cleanup, AsksAInvalidConfigurationForTheRouteProtocol) {
  const kernel::testing::NetNamespace network;
  const test::TemporaryDirectory folder;
  const std::string path =
      folder.write("v.toml", "[vips]\nroute_protocol = 119\ndetach_delay = 5\n");
  EXPECT_EQ(run({"cleanup", "--config", path}).out, "removed 0 VIP routes of protocol 119\n");
  const Outcome outcome = run({"cleanup", "--config", folder.write("w.toml", "[vips\n")});
  EXPECT_EQ(outcome.out, "removed 0 VIP routes of protocol 118\n");
  EXPECT_THAT(outcome.err, HasSubstr("the configuration does not tell the route protocol; assuming "
                                     "the default, 118 (else: --route-protocol)\n"));
}

TEST(Cleanup, NeedsNoConfiguration) {
  const kernel::testing::NetNamespace network;
  const test::TemporaryDirectory folder;
  const Outcome assumed = run({"cleanup", "--config", folder.path("none.toml")});
  EXPECT_THAT(assumed.err, AllOf(HasSubstr("none.toml: No such file or directory"),
                                 HasSubstr("assuming the default, 118")));
  EXPECT_EQ(assumed.out, "removed 0 VIP routes of protocol 118\n");
  network.shell("ip route add local 10.10.10.10 dev lo table local proto 119");
  const std::string crash =
      folder.write("v.toml", "[vips]\ndetach_delay = \"0s\"\n" + std::string(200'000, '[') + "\n");
  const Outcome told = run({"cleanup", "--config", crash, "--route-protocol", "119"});
  EXPECT_EQ(told.code, 0) << told.err;
  EXPECT_EQ(told.out, "removed 1 VIP route of protocol 119\n");
  EXPECT_EQ(routes(), "");
}

TEST(Cleanup, AsksTheFilesThatCanBeRead) {
  const kernel::testing::NetNamespace network;
  const test::TemporaryDirectory folder;
  const std::string path = folder.write("v.toml", kOwnProtocol);
  std::filesystem::create_directories(folder.path("conf.d/directory.toml"));
  const Outcome outcome = run({"cleanup", "--config", path});
  EXPECT_THAT(outcome.err, HasSubstr("directory.toml"));
  EXPECT_EQ(outcome.out, "removed 0 VIP routes of protocol 119\n");
}

TEST(Cleanup, RefusesTheProtocolNumbersOfOthers) {
  for (const std::string number : {"2", "186", "256", "-1", "119x", ""}) {
    const Outcome outcome = run({"cleanup", "--route-protocol", number});
    EXPECT_EQ(outcome.code, 2) << number;
  }
}

TEST(Cleanup, RemovesNothingWhileAnAgentRuns) {
  const kernel::testing::NetNamespace network;
  const test::TemporaryDirectory folder;
  const std::string path = folder.write("v.toml", kOwnProtocol);
  network.shell("ip route add local 10.10.10.10 dev lo table local proto 119");
  const auto agent = kernel::OwnerLock::take(119);
  ASSERT_TRUE(agent && *agent);
  const Outcome outcome = run({"cleanup", "--config", path});
  EXPECT_EQ(outcome.code, 1) << "what was asked for is not done";
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err,
            "vipherd: a running vipherd has the routes of protocol 119: nothing removed\n");
  EXPECT_THAT(routes(), HasSubstr("10.10.10.10"));
}

TEST(Status, AsksNobodyElseIfTheControlSocketCannotBeUsed) {
  const test::TemporaryDirectory folder;
  const std::string path = folder.path("none.sock");
  const Outcome outcome = run({"status", "--socket", path});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err,
            "vipherd: no agent answers: GET /v1/status on " + path +
                ": No such file or directory: no agent runs, or its socket is elsewhere "
                "(api.control_socket, --socket)\n"
                "vipherd: its endpoint (api.listen) is asked with --url http://127.0.0.1:21180\n");
}

TEST(Status, FailsIfNoAgentAnswers) {
  for (const std::string url : {"http://127.0.0.1:1", "file:///etc/passwd", "nonsense://x"}) {
    const Outcome outcome = run({"status", "--url", url});
    EXPECT_EQ(outcome.code, 1);
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(outcome.err, HasSubstr("vipherd: no agent answers: GET " + url + "/v1/status: "));
  }
}

TEST(CommandsDeathTest, WhatCouldNotBePrintedWasNotTold) {
  EXPECT_EXIT(
      {
        if (std::freopen("/dev/full", "w", stdout) == nullptr) ::_exit(90);
        ::_exit(call({"--version"}));
      },
      testing::ExitedWithCode(1), "cannot write to standard output");
}

}  // namespace
}  // namespace vipherd::cli
