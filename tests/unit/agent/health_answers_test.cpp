#include "agent/health_answers.hpp"

#include <gmock/gmock.h>

#include "vipherd/wire/json/control.hpp"

namespace vipherd::agent {
namespace {

using model::scope::Service;
using testing::HasSubstr;

const model::scope::Node kNode;

/// `dns` is disabled by the operator, `web` is well.
model::Status one_disabled() {
  model::Status status;
  status.node = "lb1";
  status.agent.state = model::Phase::running;
  status.zebra.state = model::ZebraConnection::connected;
  model::ServiceStatus web;
  web.name = "web";
  web.health.state = model::ServiceHealth::up;
  model::ServiceStatus dns;
  dns.name = "dns";
  dns.enabled = false;
  dns.disabled_by = model::DisabledBy::an_operator;
  status.services = {web, dns};
  return status;
}

TEST(HealthAnswers, AreOfTheNodeAndOfEachService) {
  const HealthAnswers answers(one_disabled());
  EXPECT_EQ(answers.answer(kNode, {}).status, 200u);
  EXPECT_EQ(answers.answer(kNode, {.drained = true}).status, 503u);
  EXPECT_EQ(answers.answer(kNode, {.notices = true}).status, 503u);
  EXPECT_THAT(answers.answer(kNode, {}).body,
              HasSubstr(R"("state":"drained","node":"lb1","problems")"));
  EXPECT_EQ(answers.answer(Service{"dns"}, {.drained = true}).status, 503u);
  EXPECT_EQ(answers.answer(Service{"web"}, {.drained = true, .notices = true}).status, 200u);
  EXPECT_THAT(answers.answer(Service{"web"}, {}).body,
              HasSubstr(R"("state":"healthy","node":"lb1","service":"web","problems":[])"));
}

TEST(HealthAnswers, NameTheServicesIfThereIsNoSuchOne) {
  model::Status status = one_disabled();
  const api::Response unknown = HealthAnswers(status).answer(Service{"wbe"}, {});
  EXPECT_EQ(unknown.status, 404u);
  EXPECT_EQ(wire::decode_error(unknown.body), "there is no service \"wbe\"; there are: dns, web");
  for (int number = 10; number < 30; ++number) {
    model::ServiceStatus more;
    more.name = "a" + std::to_string(number);
    status.services.push_back(more);
  }
  EXPECT_THAT(wire::decode_error(HealthAnswers(status).answer(Service{"wbe"}, {}).body),
              testing::EndsWith("a28, a29 and 2 more"));
  EXPECT_EQ(wire::decode_error(HealthAnswers(model::Status{}).answer(Service{"web"}, {}).body),
            "there is no service \"web\"");
}

}  // namespace
}  // namespace vipherd::agent
