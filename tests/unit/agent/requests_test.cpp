#include "agent/requests.hpp"

#include <gmock/gmock.h>

#include "unit/core/script.hpp"
#include "vipherd/wire/control_json.hpp"

namespace vipherd::agent {
namespace {

using model::event::OperatorCommand;
using Verb = OperatorCommand::Verb;
using testing::ElementsAre;
using testing::HasSubstr;

Page page(const api::Request& request) { return std::get<Page>(understand(request)); }
OperatorCommand command(const api::Request& request) {
  return std::get<OperatorCommand>(understand(request));
}
api::Response refusal(const api::Request& request) {
  return std::get<api::Response>(understand(request));
}
std::string reason(const api::Response& response) { return wire::decode_error(response.body); }

TEST(Requests, ShowPages) {
  EXPECT_EQ(page({"GET", "/health", "", ""}), Page::health);
  EXPECT_EQ(page({"HEAD", "/health", "x=1", ""}), Page::health);
  EXPECT_EQ(page({"GET", "/v1/status", "", ""}), Page::status);
}

TEST(Requests, AskForProbes) {
  EXPECT_EQ(command({"POST", "/v1/probe", "", ""}).verb, Verb::probe_now);
  EXPECT_EQ(command({"POST", "/v1/probe", "", ""}).service, "");
  EXPECT_EQ(command({"POST", "/v1/probe", "service=web", ""}).service, "web");
  for (const char* query : {"service=", "service", "srevice=web", "x=1&service=web"}) {
    EXPECT_EQ(refusal({"POST", "/v1/probe", query, ""}).status, 400u) << query;
  }
  // Not taken for a wish to probe everything.
  EXPECT_EQ(refusal({"POST", "/v1/probe", "", "{\"service\":\"web\"}"}).status, 400u);
}

TEST(Requests, CommandAService) {
  for (const auto& [word, verb] : {std::pair("disable", Verb::disable), {"enable", Verb::enable},
                                   {"clear-damping", Verb::clear_damping}}) {
    const std::string path = std::string("/v1/services/web.1/") + word;
    const OperatorCommand taken = command({"POST", path, "", ""});
    EXPECT_EQ(taken.verb, verb);
    EXPECT_EQ(taken.service, "web.1");
  }
}

TEST(Requests, AreRefusedByTheWrongMethod) {
  const api::Response read = refusal({"POST", "/health", "", ""});
  EXPECT_EQ(read.status, 405u);
  EXPECT_EQ(read.allow, "GET, HEAD");
  for (const char* path : {"/v1/probe", "/v1/services/web/disable"}) {
    for (const char* method : {"GET", "HEAD"}) {
      const api::Response write = refusal({method, path, "", ""});
      EXPECT_EQ(write.status, 405u) << path;
      EXPECT_EQ(write.allow, "POST") << path;
    }
  }
}

TEST(Requests, AreNotFoundElsewhere) {
  for (const char* path : {"/", "/healthy", "/v1", "/v1/probes", "/v1/services/", "/v1/services/web",
                           "/v1/services/web/", "/v1/services//disable", "/v1/services/disable",
                           "/v1/services/web/destroy", "/v1/services/web/disable/"}) {
    EXPECT_EQ(refusal({"GET", path, "", ""}).status, 404u) << path;
    EXPECT_EQ(refusal({"POST", path, "", ""}).status, 404u) << path;
  }
}

TEST(Commands, NeedAService) {
  core::Script script(core::one_service());
  script.bring_up();
  EXPECT_FALSE(refuse(script.state(), {Verb::probe_now, ""}));
  EXPECT_FALSE(refuse(script.state(), {Verb::disable, "web"}));
  const auto unknown = refuse(script.state(), {Verb::disable, "wbe"});
  ASSERT_TRUE(unknown);
  EXPECT_EQ(unknown->status, 404u);
  EXPECT_EQ(reason(*unknown), "there is no service \"wbe\"");
  EXPECT_THAT(reached(script.state(), {Verb::probe_now, ""}), ElementsAre("web"));
  EXPECT_THAT(reached(script.state(), {Verb::probe_now, "web"}), ElementsAre("web"));
}

TEST(Commands, DoNotOverruleTheConfiguration) {
  model::Config config = core::one_service();
  config.services[0].enabled = false;
  core::Script script(config);
  const auto refused = refuse(script.state(), {Verb::enable, "web"});
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 409u);
  EXPECT_THAT(reason(*refused), HasSubstr("enabled = false"));
}

TEST(Commands, AreForAnAgentThatRuns) {
  const core::State none;
  EXPECT_EQ(refuse(none, {Verb::probe_now, ""})->status, 503u);
  core::Script script(core::one_service());
  script.bring_up();
  script.feed(model::event::ShutdownRequested{"SIGTERM"});
  const auto refused = refuse(script.state(), {Verb::enable, "web"});
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 503u);
  EXPECT_EQ(reason(*refused), "the agent is stopping");
}

}  // namespace
}  // namespace vipherd::agent
