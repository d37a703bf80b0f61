#include "vipherd/model/status.hpp"

#include <gtest/gtest.h>

namespace vipherd::model {
namespace {

Status healthy() {
  Status status;
  status.agent.state = "running";
  ServiceStatus web;
  web.name = "web";
  web.verdict.state = "up";
  ServiceStatus dns = web;
  dns.name = "dns";
  status.services = {web, dns};
  VipStatus vip;
  vip.vip = "10.10.10.10";
  vip.service = "web";
  vip.announced.state = "announced";
  status.vips = {vip};
  return status;
}

using Problems = std::vector<std::string>;

TEST(Health, NeedsEveryServiceUpAndEveryVipAnnounced) {
  EXPECT_TRUE(judge(healthy()).healthy);
  EXPECT_EQ(judge(healthy()).problems, Problems{});
}

TEST(Health, AServiceThatIsDownIsOneProblemWithoutItsVips) {
  Status status = healthy();
  status.services[0].verdict = {"down", {}, "check http: connect refused"};
  status.vips[0].announced.state = "withdrawn";
  EXPECT_FALSE(judge(status).healthy);
  EXPECT_EQ(judge(status).problems, Problems{"service web is down: check http: connect refused"});
}

TEST(Health, AVipOfAServiceThatIsUpMustBeAnnounced) {
  Status status = healthy();
  status.vips[0].announced = {"losing", {}, "a connected route is selected"};
  EXPECT_EQ(judge(status).problems,
            Problems{"VIP 10.10.10.10 is losing: a connected route is selected"});
}

TEST(Health, ADisabledServiceIsNoProblem) {
  Status status = healthy();
  status.services[0].enabled = false;
  status.services[0].verdict.state = "disabled";
  status.vips[0].announced.state = "withdrawn";
  EXPECT_TRUE(judge(status).healthy);
}

TEST(Health, AnAgentThatIsNotRunningIsNotHealthy) {
  Status status = healthy();
  status.agent = {"stopping", {}, "SIGTERM"};
  EXPECT_EQ(judge(status).problems, Problems{"agent is stopping: SIGTERM"});
}

}  // namespace
}  // namespace vipherd::model
