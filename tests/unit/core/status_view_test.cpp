// What the status tells of operators' commands, which /health depends on.
#include "core/status_view.hpp"

#include <gmock/gmock.h>

#include "unit/core/script.hpp"
#include "vipherd/model/health.hpp"

namespace vipherd::core {
namespace {

using namespace model;
using testing::Contains;

Status status_of(Script& script) { return make_status(script.state(), script.now(), {}); }

TEST(StatusView, TellsWhoDisabledAService) {
  Config config = one_service();
  Script script(config);
  script.bring_up();
  EXPECT_EQ(status_of(script).services[0].disabled_by, DisabledBy::none);
  script.feed(event::OperatorCommand{command::Disable{scope::Service{"web"}}});
  EXPECT_EQ(status_of(script).services[0].disabled_by, DisabledBy::an_operator);
  EXPECT_EQ(status_of(script).services[0].health.reason, "by the operator");
  EXPECT_EQ(evaluate(status_of(script)).state, HealthState::drained);
  config.services[0].enabled = false;
  script.apply(config);
  EXPECT_EQ(status_of(script).services[0].disabled_by, DisabledBy::configuration);
  EXPECT_EQ(status_of(script).services[0].health.reason, "by the configuration");
  EXPECT_EQ(evaluate(status_of(script)).state, HealthState::healthy);
}

TEST(StatusView, TellsTheWeightsThatOperatorsSet) {
  Script script(one_service());
  script.bring_up();
  EXPECT_EQ(status_of(script).operator_weight, std::nullopt);
  script.feed(event::OperatorCommand{command::Weight{scope::Node{}, 30}});
  script.feed(event::OperatorCommand{command::Weight{scope::Service{"web"}, 50}});
  EXPECT_EQ(status_of(script).operator_weight, 30u);
  EXPECT_EQ(status_of(script).services[0].operator_weight, 50u);
  script.feed(event::OperatorCommand{command::Weight{scope::Node{}}});
  EXPECT_EQ(status_of(script).operator_weight, std::nullopt);
}

/// The drain is seen although a service that is down has nothing to announce.
TEST(StatusView, OfAServiceThatIsDownTellsWhatIsDrained) {
  Script script(one_service());
  script.bring_up();
  script.feed(event::OperatorCommand{command::Drain{scope::Service{"web"}}});
  script.probe_now(false);
  const Health health = evaluate(status_of(script));
  EXPECT_EQ(health.state, HealthState::drained);
  EXPECT_THAT(health.problems,
              Contains(Problem{Severity::notice,
                               "service web is down while its VIPs are drained: check http: "
                               "connect refused",
                               "web"}));
}

}  // namespace
}  // namespace vipherd::core
