#include "vipherd/api/routes.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>
#include <vector>

#include "vipherd/wire/json/control.hpp"

namespace vipherd::api {
namespace {

using model::Command;
using model::ServiceScope;
namespace command = model::command;
namespace scope = model::scope;
using testing::HasSubstr;
using namespace std::chrono_literals;

using Understood = std::variant<Call, Response>;
template <class Kind>
bool is(const Understood& understood) {
  const auto* call = std::get_if<Call>(&understood);
  return call != nullptr && std::holds_alternative<Kind>(*call);
}
call::Health health(const Request& request) {
  return std::get<call::Health>(std::get<Call>(understand(request)));
}
Command posted(const std::string& path, std::string_view query = "") {
  return std::get<Command>(std::get<Call>(understand({"POST", path, query, ""})));
}
Response refusal(const Request& request) { return std::get<Response>(understand(request)); }
std::string reason(const Response& response) { return wire::decode_error(response.body); }
const IpAddress kVip = IpAddress::parse("2001:db8:10::10").value();

TEST(Requests, ShowTheStatus) {
  EXPECT_TRUE(is<call::Status>(understand({"GET", "/v1/status", "", ""})));
}

TEST(Requests, AskForTheHealthOfTheNodeOrOfAService) {
  for (const char* method : {"GET", "HEAD"}) {
    EXPECT_EQ(health({method, "/health", "", ""}).scope, ServiceScope(scope::Node{}));
    EXPECT_EQ(health({method, "/health/web.1", "", ""}).scope,
              ServiceScope(scope::Service{"web.1"}));
    EXPECT_EQ(health({method, "/health/w%65b", "drained=503", ""}).scope,
              ServiceScope(scope::Service{"web"}));
    EXPECT_EQ(health({method, "/health/web", "drained=503", ""}).strictness,
              (model::Strictness{.drained = true, .notices = false}));
    EXPECT_EQ(health({method, "/health", "unhealthy=200", ""}).strictness,
              (model::Strictness{.problems = false}));
    for (const char* name : {"", "..", "web%2F", "w%00b", "w%zz", "w%2565b", "we b"}) {
      const Response refused = refusal({method, std::string("/health/") + name, "", ""});
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
  // Not taken for a request to probe everything.
  EXPECT_EQ(refusal({"POST", "/v1/probe", "", "{\"service\":\"web\"}"}).status, 400u);
  EXPECT_EQ(refusal({"POST", "/v1/probe", "service=web", ""}).status, 400u);
  EXPECT_TRUE(is<call::HandOver>(understand({"POST", "/v1/hand-over", "", ""})));
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
    const Response refused = refusal({"POST", path, "", ""});
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
  const Response read = refusal({"POST", "/health", "x=1", ""});
  EXPECT_EQ(read.status, 405u);
  EXPECT_EQ(read.allow, "GET, HEAD");
  for (const char* path : {"/v1/probe", "/v1/services/web/disable"}) {
    for (const char* method : {"GET", "HEAD"}) {
      const Response write = refusal({method, path, "", ""});
      EXPECT_EQ(write.status, 405u) << path;
      EXPECT_EQ(write.allow, "POST") << path;
    }
  }
}

TEST(Requests, AreNotFoundElsewhere) {
  for (const char* path :
       {"/nothing", "/page", "/healthy", "/v1", "/v1/probes", "/v1/services/", "/v1/services/web",
        "/v1/services/web/", "/v1/services/disable", "/v1/services/web/disable/x",
        "/v1/services/web/destroy", "/v1/services/web/disable/"}) {
    EXPECT_EQ(refusal({"GET", path, "", ""}).status, 404u) << path;
    EXPECT_EQ(refusal({"POST", path, "", ""}).status, 404u) << path;
  }
}

TEST(Requests, AnObservationIsOfOneVip) {
  const auto meant = understand({"POST", "/v1/vips/2001:db8:10::10/observe", "", ""});
  ASSERT_TRUE(is<call::Observe>(meant));
  EXPECT_EQ(std::get<call::Observe>(std::get<Call>(meant)).vip, kVip);
  EXPECT_EQ(refusal({"GET", "/v1/vips/10.10.10.10/observe", "", ""}).status, 405u);
  EXPECT_EQ(refusal({"POST", "/v1/vips/10.10.10.10/observe", "x=1", ""}).status, 400u);
  EXPECT_EQ(refusal({"POST", "/v1/vips/nowhere/observe", "", ""}).status, 400u);
  EXPECT_EQ(refusal({"POST", "/v1/services/web/observe", "", ""}).status, 404u);
}

// ---- the table

/// A path that the pattern stands for.
std::string example_of(const Route& route) {
  std::string path(route.path);
  for (const auto& [place, text] :
       {std::pair("{NAME}", "web"), {"{SERVICE}", "web"}, {"{ADDRESS}", "10.10.10.10"}}) {
    const std::size_t at = path.find(place);
    if (at != path.npos) path.replace(at, std::string(place).size(), text);
  }
  return path;
}

std::string method_of(const Route& route) { return route.method == Method::get ? "GET" : "POST"; }

std::string good_query_of(const Route& route) {
  std::string query;
  for (const Parameter& parameter : route.query) {
    query += (query.empty() ? "" : "&") + std::string(parameter.name);
    switch (parameter.kind) {
      case Parameter::Kind::flag:
        query += "=1";
        break;
      case Parameter::Kind::percent:
        query += "=100";
        break;
      case Parameter::Kind::http_status:
        query += "=503";
        break;
      case Parameter::Kind::text:
        query += "=kernel%20upgrade";
        break;
      case Parameter::Kind::duration:
        query += "=30m";
        break;
      case Parameter::Kind::event:
      case Parameter::Kind::count:
        query += "=17";
        break;
      case Parameter::Kind::name:
        query += "=web";
        break;
      case Parameter::Kind::address:
        query += "=10.10.10.10";
        break;
    }
  }
  return query;
}

TEST(Routes, AreAllUnderstoodWithTheirParametersAndNoOther) {
  for (const Route& route : routes()) {
    const std::string path = example_of(route);
    const std::string method = method_of(route);
    const std::string query = good_query_of(route);
    EXPECT_EQ(path.find('{'), path.npos) << "an example is missing for " << route.path;
    EXPECT_FALSE(std::string(route.help).empty()) << route.path;
    EXPECT_TRUE(std::holds_alternative<Call>(understand({method, path, query, ""}))) << path;
    bool required = false;
    for (const Parameter& parameter : route.query) {
      required = required || parameter.required;
      const std::string wrong = std::string(parameter.name) + "=%00";
      EXPECT_EQ(refusal({method, path, wrong, ""}).status, 400u) << path << "?" << wrong;
    }
    EXPECT_EQ(std::holds_alternative<Response>(understand({method, path, "", ""})), required)
        << path;
    if (route.method == Method::post || !route.query.empty()) {
      EXPECT_EQ(refusal({method, path, "unknown=1", ""}).status, 400u) << path;
    }
  }
}

TEST(Requests, OfAStreamGoOnAfterTheLastEventOfTheClient) {
  const auto after = [](std::string_view query, std::string_view last) {
    Request request{"GET", "/v1/events/stream", query, ""};
    request.last_event_id = last;
    return std::get<call::EventStream>(std::get<Call>(understand(request))).after;
  };
  EXPECT_EQ(after("", ""), std::nullopt);
  EXPECT_EQ(after("after=5", ""), 5u);
  EXPECT_EQ(after("after=5", "17"), 17u) << "what it has seen counts more";
  Request wrong{"GET", "/v1/events/stream", "", ""};
  wrong.last_event_id = "x";
  EXPECT_EQ(refusal(wrong).status, 400u);
}

TEST(Routes, AreOneEach) {
  for (const Route& route : routes()) {
    EXPECT_EQ(std::ranges::count_if(routes(),
                                    [&](const Route& other) {
                                      return other.method == route.method &&
                                             example_of(other) == example_of(route);
                                    }),
              1)
        << route.path;
  }
}

/// What the command line sends is what the API understands.
TEST(Routes, UnderstandEveryCommandAsItWasMeant) {
  const scope::Service web{"web.1"};
  const scope::Vip vip{kVip};
  const std::vector<Command> all{command::Disable{web},
                                 command::Enable{web},
                                 command::Probe{scope::Node{}},
                                 command::Probe{web},
                                 command::ClearDamping{web},
                                 command::Drain{scope::Node{}},
                                 command::Drain{web, true},
                                 command::Drain{vip},
                                 command::Disable{web, {"a & b=c%", 90s}},
                                 command::Drain{vip, true, {"kernel upgrade", 1500ms}},
                                 command::Resume{scope::Node{}},
                                 command::Resume{web},
                                 command::Resume{vip},
                                 command::Weight{scope::Node{}, 1},
                                 command::Weight{scope::Node{}},
                                 command::Weight{web, 100}};
  std::set<std::size_t> kinds;
  for (const Command& meant : all) {
    const std::string target = target_of(meant);
    const std::size_t mark = std::min(target.find('?'), target.size());
    const std::string query = target.substr(std::min(mark + 1, target.size()));
    EXPECT_EQ(posted(target.substr(0, mark), query), meant) << target;
    kinds.insert(meant.index());
  }
  EXPECT_EQ(kinds.size(), std::variant_size_v<Command>) << "a command has no example here";
  EXPECT_EQ(target_of(command::Drain{web, true}), "/v1/services/web.1/drain?force=1");
  EXPECT_EQ(target_of(command::Drain{vip}), "/v1/vips/2001:db8:10::10/drain");
  EXPECT_EQ(target_of(command::Weight{scope::Node{}}), "/v1/weight?percent=0");
}

TEST(Routes, AreListedWhereNothingIsFound) {
  EXPECT_EQ(
      reason(refusal({"GET", "/nothing", "", ""})),
      "there are GET /, /health, /health/SERVICE, /metrics, /v1/status, events, /v1/events/stream, "
      "/openapi.json, and on the control "
      "socket POST /v1/probe, drain, resume, weight, hand-over, reload, /v1/services/NAME/probe, "
      "disable, enable, clear-damping, drain, resume, weight, /v1/vips/ADDRESS/drain, "
      "resume, observe");
}

TEST(Routes, TellTheMethodsOfAPath) {
  for (const Route& route : routes()) {
    const bool reads = route.method == Method::get;
    const Response refused = refusal({reads ? "POST" : "GET", example_of(route), "", ""});
    EXPECT_EQ(refused.status, 405u) << route.path;
    EXPECT_EQ(refused.allow, reads ? "GET, HEAD" : "POST") << route.path;
    EXPECT_EQ(reason(refused), reads ? "expected GET or HEAD" : "expected POST") << route.path;
  }
}

}  // namespace
}  // namespace vipherd::api
