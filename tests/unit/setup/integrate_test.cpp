// vipherd integrate: the unit that drains before a service is stopped.
#include <gmock/gmock.h>

#include "unit/cli/run_command.hpp"
#include "unit/setup/golden.hpp"
#include "unit/temporary_directory.hpp"
#include "vipherd/setup/drain_unit.hpp"

namespace vipherd::setup {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(DrainUnit, IsWhatWasReviewed) {
  const std::string text = drain_unit_text(
      {.unit = "nginx.service", .targets = {"web"}, .timeout = std::chrono::seconds(30)});
  EXPECT_EQ(text, golden("vipherd-drain-nginx.service", text));
}

TEST(DrainUnit, NoCommandOfItCanFailAStopOrStart) {
  const std::string text = drain_unit_text({.unit = "nsd.service",
                                            .targets = {"dns", "10.10.10.53"},
                                            .timeout = std::chrono::milliseconds(1500)});
  std::istringstream lines(text);
  int commands = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("Exec")) continue;
    ++commands;
    EXPECT_THAT(line, HasSubstr("=-/"));
  }
  EXPECT_EQ(commands, 4);
  EXPECT_THAT(text, HasSubstr("--timeout 1.5s"));
  // Both drains, one after the other, and what it takes to hear that an agent hangs.
  EXPECT_THAT(text, HasSubstr("TimeoutStopSec=13s"));
}

TEST(DrainUnit, AsksTheAgentWhereItListens) {
  const std::string text = drain_unit_text({.unit = "nginx.service",
                                            .targets = {"web"},
                                            .timeout = std::chrono::seconds(5),
                                            .socket = "/run/other.sock"});
  EXPECT_THAT(text, HasSubstr("drain web --socket /run/other.sock --wait"));
  EXPECT_THAT(text, HasSubstr("resume web --socket /run/other.sock --if-reason"));
}

TEST(OwnDropIn, IsWhatWasReviewed) {
  const std::string text = own_drop_in_text(
      {.unit = kOwnUnit, .targets = {"web", "dns"}, .timeout = std::chrono::seconds(30)});
  EXPECT_EQ(text, golden("vipherd.service.d-drain.conf", text));
}

class Integrate : public testing::Test {
 protected:
  cli::Outcome run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"integrate", "--config", file_});
    return cli::run(std::move(arguments));
  }

 private:
  test::TemporaryDirectory directory_;
  std::string file_ = directory_.write(
      "vipherd.toml",
      "[vips]\npool = [\"10.10.10.0/24\"]\n"
      "[services.web]\nvips = [\"10.10.10.10\"]\nwatch.unit = \"nginx.service\"\n"
      "[services.web.checks.http]\ntype = \"http\"\nurl = \"http://127.0.0.1/\"\n");
};

TEST_F(Integrate, FindsTheServicesThatWatchTheUnit) {
  const cli::Outcome outcome = run({"nginx.service"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr(" drain web --wait"));
  EXPECT_THAT(outcome.out, Not(HasSubstr("--socket")));
}

TEST_F(Integrate, TakesWhatItIsToldToDrain) {
  const cli::Outcome outcome =
      run({"haproxy.service", "--drain", "10.10.10.10", "--timeout", "5s"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr(" drain 10.10.10.10 --wait --timeout 5s"));
}

TEST_F(Integrate, HasTheAgentsOwnStopDrainEverything) {
  const cli::Outcome outcome = run({"vipherd.service"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("ExecStop=-/usr/sbin/vipherd drain web --wait"));
  EXPECT_THAT(outcome.out, HasSubstr("ExecStartPost=-/usr/sbin/vipherd resume web --if-reason"));
}

TEST_F(Integrate, SaysWhatIsMissingOrWrong) {
  const cli::Outcome unknown = run({"haproxy.service"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(
      unknown.err,
      HasSubstr("watch.unit = \"haproxy.service\": what is to be drained? --drain SERVICE"));
  for (const auto unit : {"nginx", "nginx.socket", "a b.service", "x@y.service"}) {
    EXPECT_EQ(run({unit}).code, 2) << unit;
  }
  EXPECT_EQ(run({"nginx.service", "--drain", "not a name"}).code, 2);
}

}  // namespace
}  // namespace vipherd::setup
