#include "vipherd/model/health.hpp"

#include <gtest/gtest.h>

namespace vipherd::model {
namespace {

Status healthy() {
  Status status;
  status.agent.state = model::Phase::running;
  status.zebra.state = model::ZebraConnection::connected;
  ServiceStatus web;
  web.name = "web";
  web.health.state = model::ServiceHealth::up;
  ServiceStatus dns = web;
  dns.name = "dns";
  status.services = {web, dns};
  VipStatus vip;
  vip.vip = "10.10.10.10";
  vip.service = "web";
  vip.announced.state = model::RouteStep::announced;
  status.vips = {vip};
  return status;
}

using Problems = std::vector<std::string>;

/// The texts of that severity.
Problems texts(const Health& health, Severity severity = Severity::problem) {
  Problems texts;
  for (const Problem& problem : health.problems) {
    if (problem.severity == severity) texts.push_back(problem.text);
  }
  return texts;
}

TEST(Health, NeedsEveryServiceUpAndEveryVipAnnounced) {
  EXPECT_EQ(evaluate(healthy()).state, HealthState::healthy);
  EXPECT_EQ(texts(evaluate(healthy())), Problems{});
}

TEST(Health, ARelayThatDoesNotWorkIsAProblemAndASilentSiblingANotice) {
  Status status = healthy();
  status.relay = RelayStatus{.state = {RelayState::working, {}, ""}};
  status.relay->siblings = {{"192.0.2.2", {SiblingState::silent, {}, "no heartbeat from it"}},
                            {"192.0.2.3", {SiblingState::left, {}, "it said that it ends"}},
                            {"192.0.2.4", {SiblingState::alive, {}, ""}}};
  EXPECT_EQ(evaluate(status).state, HealthState::healthy);
  EXPECT_EQ(texts(evaluate(status), Severity::notice),
            Problems{"the relay's sibling 192.0.2.2 is silent: no heartbeat from it"});
  status.relay->state = {RelayState::failed, {}, "Operation not permitted"};
  EXPECT_EQ(evaluate(status).state, HealthState::unhealthy);
  EXPECT_EQ(texts(evaluate(status)), Problems{"the relay does not work: Operation not permitted"});
}

TEST(Health, AServiceThatIsDownIsOneProblemWithoutItsVips) {
  Status status = healthy();
  status.services[0].health = {model::ServiceHealth::down, {}, "check http: connect refused"};
  status.vips[0].announced.state = model::RouteStep::withdrawn;
  EXPECT_EQ(evaluate(status).state, HealthState::unhealthy);
  EXPECT_EQ(texts(evaluate(status)), Problems{"service web is down: check http: connect refused"});
}

TEST(Health, AVipOfAServiceThatIsUpMustBeAnnounced) {
  Status status = healthy();
  status.vips[0].announced = {model::RouteStep::not_selected, {}, "a connected route is selected"};
  EXPECT_EQ(texts(evaluate(status)),
            Problems{"VIP 10.10.10.10 is losing: a connected route is selected"});
}

TEST(Health, AVipThatIsRefusedIsOneProblem) {
  Status status = healthy();
  const std::string refusal =
      "VIP 10.10.10.10 is the address of this node's gateway: it is neither";
  status.vips[0].announced = {model::RouteStep::withdrawn, {}, refusal};
  status.problems = {{Severity::problem, refusal, "web"}};
  EXPECT_EQ(texts(evaluate(status)), Problems{refusal});
}

TEST(Health, OfAnOlderAgentADisabledServiceIsNoProblem) {
  Status status = healthy();
  status.services[0].enabled = false;
  status.services[0].health.state = model::ServiceHealth::disabled;
  status.vips[0].announced.state = model::RouteStep::withdrawn;
  EXPECT_EQ(evaluate(status).state, HealthState::healthy);
}

TEST(Health, ADrainedVipIsANoticeAndNoProblem) {
  Status status = healthy();
  status.vips[0].drain =
      DrainStatus{{model::DrainStep::drained, {}, "the operator drains the node"}};
  status.vips[0].announced.state = model::RouteStep::withdrawn;
  const Health health = evaluate(status);
  EXPECT_EQ(health.state, HealthState::drained);
  EXPECT_EQ(texts(health), Problems{});
  EXPECT_EQ(texts(health, Severity::notice),
            Problems{"VIP 10.10.10.10 is drained: the operator drains the node"});
}

TEST(Health, AProblemBesideADrainIsUnhealthy) {
  Status status = healthy();
  status.vips[0].drain = DrainStatus{{model::DrainStep::drained, {}, "the operator drains web"}};
  status.services[1].health = {model::ServiceHealth::down, {}, "check dns: late"};
  EXPECT_EQ(evaluate(status).state, HealthState::unhealthy);
}

TEST(Health, TellsWhatTheAgentItselfLacksBySeverity) {
  Status status = healthy();
  status.problems = {{Severity::notice, "the log lost 5 lines"}};
  EXPECT_EQ(evaluate(status).state, HealthState::healthy);
  status.problems.push_back({Severity::problem, "the state file cannot be written"});
  EXPECT_EQ(evaluate(status).state, HealthState::unhealthy);
  EXPECT_EQ(texts(evaluate(status)), Problems{"the state file cannot be written"});
}

TEST(Health, AnAgentThatIsNotRunningIsNotHealthy) {
  Status status = healthy();
  status.agent = {model::Phase::stopping, {}, "SIGTERM"};
  EXPECT_EQ(texts(evaluate(status)), Problems{"agent is stopping: SIGTERM"});
}

}  // namespace
}  // namespace vipherd::model
