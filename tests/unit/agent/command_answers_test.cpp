#include "agent/command_answers.hpp"

#include <gmock/gmock.h>

#include "unit/core/script.hpp"
#include "vipherd/wire/json/control.hpp"

namespace vipherd::agent {
namespace {

namespace command = model::command;
namespace scope = model::scope;
using testing::ElementsAre;
using testing::HasSubstr;

std::string reason(const api::Response& response) { return wire::decode_error(response.body); }

TEST(Commands, NeedAService) {
  core::Script script(core::one_service());
  script.bring_up();
  EXPECT_FALSE(refuse(script.core(), command::Probe{scope::Node{}}, TimePoint{}));
  EXPECT_FALSE(refuse(script.core(), command::Disable{scope::Service{"web"}}, TimePoint{}));
  const auto unknown = refuse(script.core(), command::Disable{scope::Service{"wbe"}}, TimePoint{});
  ASSERT_TRUE(unknown);
  EXPECT_EQ(unknown->status, 404u);
  EXPECT_EQ(reason(*unknown), "there is no service \"wbe\"; there are: web");
  EXPECT_THAT(reached(script.core(), command::Probe{scope::Node{}}).services, ElementsAre("web"));
  EXPECT_THAT(reached(script.core(), command::Probe{scope::Service{"web"}}).vips,
              ElementsAre("10.10.10.10"));
  const auto elsewhere = IpAddress::parse("10.10.10.99").value();
  EXPECT_EQ(refuse(script.core(), command::Drain{scope::Vip{elsewhere}}, TimePoint{})->status,
            404u);
}

TEST(Commands, AreAnsweredWithWhatWasUnderstood) {
  core::Script script(core::one_service());
  script.bring_up();
  const wire::Reached drained =
      reached(script.core(), command::Drain{scope::Vip{IpAddress::parse("10.10.10.10").value()}});
  EXPECT_EQ(drained.command, "drain");
  EXPECT_EQ(to_string(drained.scope), "VIP 10.10.10.10");
  EXPECT_THAT(drained.services, ElementsAre("web"));
  EXPECT_EQ(drained.percent, std::nullopt);
  EXPECT_EQ(reached(script.core(), command::Weight{scope::Node{}, 30}).percent, 30u);
  EXPECT_EQ(reached(script.core(), command::Weight{scope::Node{}}).percent, 0u);
}

TEST(Commands, DoNotOverruleTheConfiguration) {
  model::Config config = core::one_service();
  config.services[0].enabled = false;
  core::Script script(config);
  const auto refused = refuse(script.core(), command::Enable{scope::Service{"web"}}, TimePoint{});
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 409u);
  EXPECT_THAT(reason(*refused), HasSubstr("enabled = false"));
}

TEST(Commands, AreForAnAgentThatRuns) {
  const core::Core none;
  EXPECT_EQ(refuse(none, command::Probe{scope::Node{}}, TimePoint{})->status, 503u);
  core::Script script(core::one_service());
  script.bring_up();
  script.feed(model::event::ShutdownRequested{"SIGTERM"});
  const auto refused = refuse(script.core(), command::Enable{scope::Service{"web"}}, TimePoint{});
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 503u);
  EXPECT_EQ(reason(*refused), "the agent is stopping");
}

}  // namespace
}  // namespace vipherd::agent
