#include "agent/requests.hpp"

#include <gmock/gmock.h>

#include "unit/core/script.hpp"
#include "vipherd/wire/control_json.hpp"

namespace vipherd::agent {
namespace {

using model::Command;
namespace command = model::command;
namespace scope = model::scope;
using testing::ElementsAre;
using testing::HasSubstr;

HealthPage health(const api::Request& request) { return std::get<HealthPage>(understand(request)); }
Command understood(const api::Request& request) { return std::get<Command>(understand(request)); }
Command posted(const std::string& path, std::string_view query = "") {
  return understood({"POST", path, query, ""});
}
const IpAddress kVip = IpAddress::parse("2001:db8:10::10").value();
api::Response refusal(const api::Request& request) {
  return std::get<api::Response>(understand(request));
}
std::string reason(const api::Response& response) { return wire::decode_error(response.body); }

TEST(Requests, ShowTheStatus) {
  EXPECT_TRUE(std::holds_alternative<StatusPage>(understand({"GET", "/v1/status", "", ""})));
}

TEST(Requests, AskForTheHealthOfTheNodeOrOfAService) {
  for (const char* method : {"GET", "HEAD"}) {
    EXPECT_EQ(health({method, "/health", "", ""}).service, "");
    EXPECT_EQ(health({method, "/health/web.1", "", ""}).service, "web.1");
    EXPECT_EQ(health({method, "/health/w%65b", "drained=503", ""}).service, "web");
    EXPECT_EQ(health({method, "/health/web", "drained=503", ""}).strictness,
              (model::Strictness{.drained = true, .notices = false}));
    for (const char* name : {"", "..", "web%2F", "w%00b", "w%zz", "w%2565b", "we b"}) {
      const api::Response refused = refusal({method, std::string("/health/") + name, "", ""});
      EXPECT_EQ(refused.status, 400u) << name;
      EXPECT_THAT(reason(refused), HasSubstr("expected")) << name;
    }
    EXPECT_EQ(refusal({method, "/health/web/x", "", ""}).status, 404u);
    EXPECT_EQ(refusal({method, "/health/web", "x=1", ""}).status, 400u);
    EXPECT_EQ(refusal({method, "/health", "drained=504", ""}).status, 400u);
  }
  EXPECT_EQ(refusal({"POST", "/health/web", "", ""}).allow, "GET, HEAD");
}

TEST(Requests, CommandTheNode) {
  EXPECT_EQ(posted("/v1/probe"), Command(command::Probe{scope::Node{}}));
  EXPECT_EQ(posted("/v1/drain"), Command(command::Drain{scope::Node{}}));
  EXPECT_EQ(posted("/v1/resume"), Command(command::Resume{scope::Node{}}));
  // Not taken for a wish to probe everything.
  EXPECT_EQ(refusal({"POST", "/v1/probe", "", "{\"service\":\"web\"}"}).status, 400u);
  EXPECT_EQ(refusal({"POST", "/v1/probe", "service=web", ""}).status, 400u);
  EXPECT_TRUE(std::holds_alternative<HandOver>(understand({"POST", "/v1/hand-over", "", ""})));
}

TEST(Requests, CommandAService) {
  const scope::Service web{"web.1"};
  for (const Command& meant : {Command(command::Disable{web}), Command(command::Enable{web}),
                               Command(command::Probe{web}), Command(command::ClearDamping{web}),
                               Command(command::Drain{web}), Command(command::Resume{web})}) {
    EXPECT_EQ(posted("/v1/services/web.1/" + std::string(name_of(meant))), meant);
  }
}

TEST(Requests, CommandAVip) {
  EXPECT_EQ(posted("/v1/vips/2001:db8:10::10/drain", "force=1"),
            Command(command::Drain{scope::Vip{kVip}, true}));
  EXPECT_EQ(refusal({"POST", "/v1/vips/10.10.10.10/drain", "force=yes", ""}).status, 400u);
  EXPECT_EQ(refusal({"POST", "/v1/vips/10.10.10.10/resume", "force=1", ""}).status, 400u);
  EXPECT_EQ(refusal({"POST", "/v1/vips/10.10.10/drain", "", ""}).status, 400u);
  EXPECT_EQ(refusal({"POST", "/v1/vips/10.10.10.10/disable", "", ""}).status, 404u);
}

TEST(Requests, SetWeights) {
  EXPECT_EQ(posted("/v1/weight", "percent=30"), Command(command::Weight{scope::Node{}, 30}));
  EXPECT_EQ(posted("/v1/services/web/weight", "percent=0"),
            Command(command::Weight{scope::Service{"web"}, std::nullopt}));
  for (const char* query : {"", "percent=", "percent=101", "percent=-1", "percent=5x", "30"}) {
    EXPECT_EQ(refusal({"POST", "/v1/weight", query, ""}).status, 400u) << query;
  }
}

TEST(Requests, OfNothingAreNotOfTheNode) {
  for (const char* path :
       {"/v1/services//drain", "/v1/services//weight", "/v1/services//probe", "/v1/vips//drain"}) {
    const api::Response refused = refusal({"POST", path, "", ""});
    EXPECT_EQ(refused.status, 400u) << path;
    EXPECT_THAT(reason(refused), HasSubstr("expected")) << path;
  }
  for (const char* query : {"force=", "force", "=", "&", "service=", "percent="}) {
    EXPECT_EQ(refusal({"POST", "/v1/drain", query, ""}).status, 400u) << query;
  }
  EXPECT_EQ(refusal({"POST", "/v1/hand-over", "if=restarting", ""}).status, 400u);
}

TEST(Requests, AreDecodedOnce) {
  EXPECT_EQ(posted("/v1/services/w%65b/dr%61in"), Command(command::Drain{scope::Service{"web"}}));
  EXPECT_EQ(posted("/v1/vips/2001%3Adb8%3A10%3A%3A10/drain"),
            Command(command::Drain{scope::Vip{kVip}}));
  // What decodes to a slash, a query or another escape is no name, and no other path either.
  for (const char* name :
       {"web%2Fdrain", "web%3Fforce=1", "web%23", "%2E%2E", "..", "web%00", "we b", "w%2565b",
        "web%", "web%4", "web%zz", "web%-1", "web;x", "\xffweb"}) {
    const std::string path = std::string("/v1/services/") + name + "/disable";
    EXPECT_EQ(refusal({"POST", path, "", ""}).status, 400u) << name;
  }
  EXPECT_EQ(refusal({"POST", "/v1/services%2Fweb/disable", "", ""}).status, 404u);
}

TEST(Requests, AreRefusedByTheWrongMethod) {
  const api::Response read = refusal({"POST", "/health", "x=1", ""});
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
  for (const char* path :
       {"/", "/healthy", "/v1", "/v1/probes", "/v1/services/", "/v1/services/web",
        "/v1/services/web/", "/v1/services/disable", "/v1/services/web/disable/x",
        "/v1/services/web/destroy", "/v1/services/web/disable/"}) {
    EXPECT_EQ(refusal({"GET", path, "", ""}).status, 404u) << path;
    EXPECT_EQ(refusal({"POST", path, "", ""}).status, 404u) << path;
  }
}

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

TEST(Requests, AnObservationIsOfOneVip) {
  const Request request = understand({"POST", "/v1/vips/2001:db8:10::10/observe", "", ""});
  ASSERT_TRUE(std::holds_alternative<ObserveVip>(request));
  EXPECT_EQ(std::get<ObserveVip>(request).vip.to_string(), "2001:db8:10::10");
  EXPECT_EQ(refusal({"GET", "/v1/vips/10.10.10.10/observe", "", ""}).status, 405u);
  EXPECT_EQ(refusal({"POST", "/v1/vips/10.10.10.10/observe", "x=1", ""}).status, 400u);
  EXPECT_EQ(refusal({"POST", "/v1/vips/nowhere/observe", "", ""}).status, 400u);
  EXPECT_EQ(refusal({"POST", "/v1/services/web/observe", "", ""}).status, 404u);
}

}  // namespace
}  // namespace vipherd::agent
