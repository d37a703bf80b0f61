#include "cli/nagios.hpp"

#include <gmock/gmock.h>

#include "unit/cli/run_command.hpp"
#include "unit/temporary_directory.hpp"

namespace vipherd::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

model::Status healthy_node() {
  model::Status status;
  status.node = "lb1";
  status.agent = {model::Phase::running, {}, ""};
  status.zebra = {model::ZebraConnection::connected, {}, ""};
  status.config = {model::ConfigState::applied, {}, ""};
  model::ServiceStatus web{"web", true, {model::ServiceHealth::up, {}, "2 of 2 checks up"}};
  web.vips = {"10.10.10.10", "2001:db8:10::10"};
  status.services = {web};
  for (const std::string& vip : web.vips) {
    status.vips.push_back({vip,
                           "web",
                           true,
                           {model::AttachStep::attached, {}, ""},
                           {model::RouteStep::announced, {}, "service web is up"},
                           100,
                           0});
  }
  return status;
}

TEST(Nagios, OkIfAllIsWell) {
  const NagiosResult result = nagios_result(healthy_node(), {});
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.line,
            "OK - lb1: every service is up and every VIP announced | services_up=1;;;0;1 "
            "vips_announced=2;;;0;2 vips_drained=0;;;0;2 problems=0;;;0; notices=0;;;0;");
}

TEST(Nagios, WarnsOfWhatIsDrained) {
  model::Status status = healthy_node();
  status.vips[0].drain =
      model::DrainStatus{{model::DrainStep::drained, {}, "the operator drains it"}, {}};
  const NagiosResult result = nagios_result(status, {});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.line,
              StartsWith("WARNING - lb1: VIP 10.10.10.10 is drained: the operator drains it | "));
  EXPECT_THAT(result.line, HasSubstr(" vips_drained=1;;;0;2 "));
}

TEST(Nagios, WarnsOfAServiceThatIsHeldAndIsCriticalIfOnlySomeOfItIs) {
  model::Status status = healthy_node();
  status.services[0].health = {model::ServiceHealth::down, {}, "check web/http is down"};
  for (model::VipStatus& vip : status.vips) vip.held = true;
  NagiosResult result = nagios_result(status, {});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.line, HasSubstr("is held, as least preferred"));
  status.vips[1].held = false;
  result = nagios_result(status, {});
  EXPECT_EQ(result.code, 2);
}

TEST(Nagios, IsCriticalIfSomebodyHasToAct) {
  model::Status status = healthy_node();
  status.services[0].health = {model::ServiceHealth::down, {}, "check web/http is down: a | b\nc"};
  for (model::VipStatus& vip : status.vips)
    vip.announced = {model::RouteStep::withdrawn, {}, "web is down"};
  const NagiosResult result = nagios_result(status, {});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.line, StartsWith("CRITICAL - lb1: service web is down: check web/http is "
                                      "down: a / b c | services_up=0;;;0;1 "));
  EXPECT_THAT(result.line, HasSubstr(" problems=1;;;0;"));
}

TEST(Nagios, IsCriticalWithoutZebra) {
  model::Status status = healthy_node();
  status.zebra = {model::ZebraConnection::disconnected, {}, "No such file or directory"};
  EXPECT_EQ(nagios_result(status, {}).code, 2);
}

TEST(Nagios, NoticesAreOkUnlessAskedFor) {
  model::Status status = healthy_node();
  status.config = {model::ConfigState::rejected, {}, "a.toml:1:1: no"};
  const NagiosResult result = nagios_result(status, {});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.line, HasSubstr("; the last reload was rejected"));
  EXPECT_EQ(nagios_result(status, {.notices = true}).code, 1);
}

TEST(Nagios, ALineIsNotTooLongToBeCarried) {
  model::Status status = healthy_node();
  status.services[0].health = {model::ServiceHealth::down, {}, std::string(3000, 'x')};
  EXPECT_LT(nagios_result(status, {}).line.size(), 1000u);
}

TEST(Nagios, IsUnknownIfNoAgentAnswersOrTheCommandIsWrong) {
  const test::TemporaryDirectory folder;
  const Outcome outcome = run({"status", "--nagios", "--socket", folder.path("none.sock")});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.out, StartsWith("UNKNOWN - no agent answers: GET /v1/status on "));
  EXPECT_EQ(run({"status", "--nagios", "--bogus"}).code, 3);
  EXPECT_EQ(run({"status", "--nagios", "--json"}).code, 3);
}

}  // namespace
}  // namespace vipherd::cli
