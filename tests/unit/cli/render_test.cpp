// `vipherd render` as a command: what is read, written and compared.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "unit/cli/run_command.hpp"
#include "unit/temporary_directory.hpp"

namespace vipherd::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kRenderable = R"([frr]
protocols = ["ospf"]
[vips]
pool = ["10.10.10.0/24"]
[services.web]
vips = ["10.10.10.10"]
checks.tcp = {type = "tcp", address = "127.0.0.1:1"}
[render]
interfaces = ["eth1"]
router_id = "192.168.100.2"
)";

class Render : public testing::Test {
 protected:
  Outcome node(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"render", "node", "--config", config_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments);
  }
  std::string content(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  test::TemporaryDirectory folder_;
  std::string config_ = folder_.write("v.toml", kRenderable);
};

TEST_F(Render, TakesItsAnswersFromTheTable) {
  const Outcome outcome = node();
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.err, "");
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("\ninterface eth1\n"),
                                 HasSubstr("\n ospf router-id 192.168.100.2\n")));
}

TEST_F(Render, LetsOptionsWin) {
  const Outcome outcome = node({"--interface", "eth2", "--interface=eth3", "--bfd", "no"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("\ninterface eth2\n"), HasSubstr("\ninterface eth3\n"),
                                 Not(HasSubstr("interface eth1")), Not(HasSubstr("ospf bfd"))));
}

TEST_F(Render, TakesOptionsBeforeTheSideToo) {
  const Outcome outcome = run({"render", "--interface", "eth2", "node", "--config", config_});
  EXPECT_EQ(outcome.err, "");
  EXPECT_THAT(outcome.out, HasSubstr("\ninterface eth2\n"));
}

TEST_F(Render, DoesNotTakeTheNodesIdentityForARouter) {
  const Outcome outcome =
      run({"render", "router", "--platform", "frr", "--protocol", "ospf", "--config", config_});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("--router-id"), HasSubstr("--interface")));
}

TEST_F(Render, RefusesBadUsage) {
  EXPECT_THAT(node({"--platform", "bird"}).err, HasSubstr("a node runs FRR"));
  EXPECT_THAT(node({"--pool", "10.0.0.0/8"}).err, HasSubstr("vips.pool"));
  EXPECT_THAT(run({"render", "router", "--pool", "10.0.0.0/8"}).err, HasSubstr("--platform"));
  for (const std::vector<std::string>& bad : {std::vector<std::string>{"--node-as", "0"},
                                              {"--node-as", "4294967295"},
                                              {"--router", "fd00::1/64"},
                                              {"--nodes", "10.0.0.1/8"},
                                              {"--router-id", "fd00::1"},
                                              {"--bfd", "maybe"},
                                              {"--platform", "ios"},
                                              {"--interface", "a b"},
                                              {"--timers", "fast"}}) {
    const Outcome outcome = node(bad);
    EXPECT_EQ(outcome.code, 2) << bad[0];
    EXPECT_THAT(outcome.err, AllOf(HasSubstr(bad[0]), HasSubstr("--help")));
  }
  EXPECT_EQ(run({"render"}).code, 2);
  EXPECT_EQ(run({"render", "both"}).code, 2);
  EXPECT_EQ(run({"render", "node", "--config", "/nonexistent.toml"}).code, 2);
}

TEST_F(Render, ReportsMistakesOfTheConfigurationAndOfItsTable) {
  config_ = folder_.write("v.toml", std::string(kRenderable) + "timers = \"fast\"\nnode_as = 0\n");
  const Outcome outcome = node();
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr(":11:10: render.timers: expected "),
                                 HasSubstr(":12:11: render.node_as: expected ")));
}

TEST_F(Render, WritesAFileOnlyIfAsked) {
  const std::string path = folder_.write("frr.conf", "old\n");
  EXPECT_EQ(node({"--output", path, "--bfd", "maybe"}).code, 2);
  EXPECT_EQ(node({"--output", path, "--protocol", "bgp"}).code, 2);
  EXPECT_EQ(content(path), "old\n");
  const Outcome outcome = node({"--output", path});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(content(path), node().out);
  EXPECT_EQ(node({"--output", "/nonexistent/frr.conf"}).code, 1);
  // It may not be for everybody.
  std::filesystem::permissions(path, std::filesystem::perms(0640));
  EXPECT_EQ(node({"--output", path}).code, 0);
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms(0640));
}

TEST_F(Render, ComparesWithTheFileInPlace) {
  const std::string path = folder_.write("frr.conf", node().out);
  EXPECT_EQ(node({"--against", path}).code, 0);
  EXPECT_EQ(node({"--against", path}).out, "");
  const Outcome outcome = node({"--diff", "--against", path, "--interface", "eth9"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out, AllOf(testing::StartsWith("--- " + path + "\n+++ rendered\n@@ "),
                                 HasSubstr("\n-interface eth1\n+interface eth9\n")));
  // Nothing to compare with, which is no difference.
  EXPECT_EQ(node({"--against", path + ".missing"}).code, 2);
}

TEST_F(Render, ComparesWithoutCommentsIfAsked) {
  const std::string path = folder_.write("frr.conf", node({"--no-comments"}).out);
  EXPECT_EQ(node({"--against", path}).code, 1);
  EXPECT_EQ(node({"--against", path, "--no-comments"}).code, 0);
}

TEST_F(Render, SaysThatNoDaemonCanBeAsked) {
  config_ = folder_.write("w.toml", "conf = 1\n");
  config_ = folder_.write(
      "v.toml", std::string(kRenderable)
                    .replace(0, 6, "[frr]\nzebra_vty_socket = \"/nonexistent/zebra.vty\"\n"));
  const Outcome outcome = node({"--against", "running"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("cannot ask FRR's daemons"));
}

}  // namespace
}  // namespace vipherd::cli
