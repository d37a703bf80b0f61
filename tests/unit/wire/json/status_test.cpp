#include "vipherd/wire/json/status.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace vipherd::wire {
namespace {

using namespace std::chrono_literals;

/// 2026-01-31T12:00:00Z and some seconds.
WallTime at(Duration offset) { return WallTime(1769860800s + offset); }

model::Status example() {
  model::Status status;
  status.node = "lb1";
  status.version = "0.1.0";
  status.now = at(10s);
  status.agent = {model::Phase::running, at(0s), "started"};
  status.zebra = {model::ZebraConnection::connected, at(250ms), "FRR 8.4"};
  status.config = {model::ConfigState::applied, at(0s), ""};
  status.announcer = model::Announcer::zapi;
  status.operator_weight = 70;
  status.last_reaction = 85us;
  status.instructions = {{model::TakenOutBy::drain,
                          model::scope::Vip{IpAddress::parse("10.10.10.10").value()},
                          {.by = "alice", .reason = "kernel upgrade", .since = at(5s)}}};
  model::ServiceStatus web;
  web.name = "web";
  web.health = {model::ServiceHealth::up, at(1s), "1 of 1 checks up"};
  web.vips = {"10.10.10.10"};
  model::CheckStatus http{"http", "http", {model::CheckHealth::up, at(1s), "200 OK"}, 9, 0, {}};
  http.last = model::CheckStatus::Last{true, "200 \"OK\"", 1250us, at(9s)};
  http.last->warning = "certificate of web.example expires in 2 days";
  model::CheckStatus tcp{"tcp", "tcp", {model::CheckHealth::undecided, at(0s), ""}, 0, 0, {}, {},
                         true,  0};
  http.recent = {{true, 1250us}, {false, 2ms}};
  web.checks = {http, tcp};
  web.operator_weight = 30;
  web.health_percent = 100;
  web.damping = model::DampingStatus{2300, true, 1500ms};
  web.watches = {{model::WatchKind::connection,
                  "http",
                  "127.0.0.1:80",
                  {model::WatchStep::watching, at(1s), ""}}};
  status.services = {web};
  status.vips = {{"10.10.10.10",
                  "web",
                  true,
                  {model::AttachStep::attached, at(1s), ""},
                  {model::RouteStep::announced, at(2s), "service web is up"},
                  100,
                  7}};
  model::VipStatus& vip = status.vips[0];
  vip.drain = model::DrainStatus{{model::DrainStep::leaving, at(5s), "the operator drains it"}, 3};
  vip.reach = {model::Advertised::to_all, at(3s), "bgpd advertises it to 192.168.100.1"};
  vip.daemons = {{"bgpd", at(8s), model::Reach{true, {"192.168.100.1"}, std::nullopt, ""}},
                 {"ospfd", at(9s), model::Reach{false, {}, 1, "no OSPF adjacency is full"}},
                 {"ospf6d", at(9s), fail("ospf6d did not answer within 1s")}};
  model::SiblingStatus sibling{"192.0.2.2", {model::SiblingState::alive, at(4s), "heard"}, 150us};
  sibling.passed_on = 1;
  sibling.forwarded = 2;
  sibling.accepted = 3;
  sibling.unowned = 4;
  sibling.dropped = 5;
  sibling.connections_passed_on = 6;
  sibling.connections_accepted = 7;
  sibling.connections_unowned = 8;
  status.relay = model::RelayStatus{.state = {model::RelayState::working, at(3s), "so it is"},
                                    .own = {"192.0.2.1"},
                                    .interfaces = {"eth1"},
                                    .vips = 1,
                                    .too_big = 6,
                                    .rate_limited = 7,
                                    .untouched = 8,
                                    .strangers = 9,
                                    .rejected_heartbeats = 10,
                                    .siblings = {sibling}};
  status.problems = {{model::Severity::problem, "the endpoint is not open"},
                     {model::Severity::notice, "VIP 10.10.10.10 lies in a subnet", "web"}};
  return status;
}

constexpr const char* kExample =
    R"({"node":"lb1","version":"0.1.0","now":"2026-01-31T12:00:10.000Z",)"
    R"("agent":{"state":"running","since":"2026-01-31T12:00:00.000Z","why":"started"},)"
    R"("zebra":{"state":"connected","since":"2026-01-31T12:00:00.250Z","why":"FRR 8.4"},)"
    R"("config":{"state":"applied","since":"2026-01-31T12:00:00.000Z","why":""},)"
    R"("announcer":"zapi","drained":false,"operator_weight":70,)"
    R"("instructions":[{"by":"alice","command":"drain","reason":"kernel upgrade",)"
    R"("scope":{"vip":"10.10.10.10"},"since":"2026-01-31T12:00:05.000Z","until":null}],)"
    R"("last_reaction_ms":0.085,"services":[{"name":"web","enabled":true,"disabled_by":"",)"
    R"("verdict":{"state":"up","since":"2026-01-31T12:00:01.000Z","why":"1 of 1 checks up"},)"
    R"("weight":100,"operator_weight":30,"health":100,"damping":{"penalty":2300,"held":true,"hold_left_ms":1500.0},"watches":[)"
    R"({"kind":"connection","check":"http","target":"127.0.0.1:80",)"
    R"("state":{"state":"watching","since":"2026-01-31T12:00:01.000Z","why":""}}],)"
    R"("vips":["10.10.10.10"],"checks":[{"name":"http","type":"http","advisory":false,"weight":1,)"
    R"("verdict":{"state":"up","since":"2026-01-31T12:00:01.000Z","why":"200 OK"},)"
    R"("passes":9,"fails":0,"last":{"pass":true,"reason":"200 \"OK\"","latency_ms":1.25,)"
    R"("at":"2026-01-31T12:00:09.000Z",)"
    R"("warning":"certificate of web.example expires in 2 days"},)"
    R"("recent":[{"pass":true,"latency_ms":1.25},{"pass":false,"latency_ms":2.0}]},)"
    R"({"name":"tcp","type":"tcp","advisory":true,"weight":0,)"
    R"("verdict":{"state":"undecided","since":"2026-01-31T12:00:00.000Z","why":""},)"
    R"("passes":0,"fails":0,"last":null}]}],"vips":[{"vip":"10.10.10.10","service":"web",)"
    R"("wanted":true,"attached":{"state":"attached","since":"2026-01-31T12:00:01.000Z","why":""},)"
    R"("announced":{"state":"announced","since":"2026-01-31T12:00:02.000Z",)"
    R"("why":"service web is up"},"tag":100,"metric":7,"held":false,)"
    R"("drain":{"step":{"state":"leaving","since":"2026-01-31T12:00:05.000Z",)"
    R"("why":"the operator drains it"},"connections":3},)"
    R"("reach":{"state":"reached","since":"2026-01-31T12:00:03.000Z",)"
    R"("why":"bgpd advertises it to 192.168.100.1"},"reach_alarm":false,"daemons":[)"
    R"({"daemon":"bgpd","seen_at":"2026-01-31T12:00:08.000Z","originated":true,)"
    R"("neighbours":["192.168.100.1"],"others":null,"problem":""},)"
    R"({"daemon":"ospfd","seen_at":"2026-01-31T12:00:09.000Z","originated":false,)"
    R"("neighbours":[],"others":1,"problem":"no OSPF adjacency is full"},)"
    R"({"daemon":"ospf6d","seen_at":"2026-01-31T12:00:09.000Z","originated":null,)"
    R"("neighbours":null,"others":null,"problem":"ospf6d did not answer within 1s"}]}],)"
    R"("relay":{"state":{"state":"working","since":"2026-01-31T12:00:03.000Z","why":"so it is"},)"
    R"("own":["192.0.2.1"],"interfaces":["eth1"],"vips":1,"too_big":6,"rate_limited":7,)"
    R"("untouched":8,"strangers":9,"rejected_heartbeats":10,"siblings":[{"address":"192.0.2.2",)"
    R"("state":{"state":"alive","since":"2026-01-31T12:00:04.000Z","why":"heard"},)"
    R"("round_trip_ms":0.15,"passed_on":1,"forwarded":2,"accepted":3,"unowned":4,"dropped":5,)"
    R"("connections_passed_on":6,"connections_accepted":7,"connections_unowned":8}]},)"
    R"("problems":[)"
    R"({"severity":"problem","text":"the endpoint is not open","service":""},)"
    R"({"severity":"notice","text":"VIP 10.10.10.10 lies in a subnet","service":"web"}]})"
    "\n";

TEST(StatusJson, IsThisText) { EXPECT_EQ(encode_status(example()), kExample); }

TEST(StatusJson, OfNothingIsValid) {
  const std::string text = encode_status({});
  EXPECT_TRUE(nlohmann::json::accept(text)) << text;
  EXPECT_EQ(decode_status(text).value(), model::Status{});
}

TEST(StatusJson, IsReadBack) { EXPECT_EQ(decode_status(kExample).value(), example()); }

TEST(StatusJson, SurvivesAnyOctets) {
  model::Status status = example();
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  status.zebra.reason = all;
  status.vips[0].announced.reason = "caf\xc3\xa9 \xff!";
  const std::string text = encode_status(status);
  const auto json = nlohmann::json::parse(text);
  EXPECT_EQ(json["vips"][0]["announced"]["why"], "caf\xc3\xa9 \xef\xbf\xbd!");
  EXPECT_EQ(json["zebra"]["why"].get<std::string>().substr(0, 0x80), all.substr(0, 0x80));
}

TEST(StatusJson, KeepsLatenciesExactToTheMicrosecond) {
  model::Status status = example();
  for (const Duration latency : std::initializer_list<Duration>{0ms, 1us, 999us, 300ms, 61s}) {
    status.services[0].checks[0].last->latency = latency;
    EXPECT_EQ(decode_status(encode_status(status)).value(), status) << format_duration(latency);
  }
}

TEST(StatusJson, ToleratesWhatOtherVersionsLeaveOutOrAdd) {
  const auto status =
      decode_status(R"({"node":"a","agent":{},"services":[],"new":[1],"vips":[{"vip":"::1"}]})");
  ASSERT_TRUE(status);
  EXPECT_EQ(status->node, "a");
  ASSERT_EQ(status->vips.size(), 1u);
  EXPECT_EQ(status->vips[0].vip, "::1");
}

TEST(StatusJson, TakesAStateThatItDoesNotKnowForNone) {
  const auto status = decode_status(
      R"({"node":"a","agent":{},"services":[],"vips":[{"attached":{"state":"levitating","why":"x"}}]})");
  ASSERT_TRUE(status);
  EXPECT_EQ(status->vips.at(0).attached,
            (model::Condition<model::AttachStep>{model::AttachStep::unknown, {}, "x"}));
}

TEST(StatusJson, RefusesAnotherProgramsDocument) {
  for (const char* text : {"{}", R"({"a":{"a":{}}})", R"({"node":"a","vips":[],"services":[]})"}) {
    const auto status = decode_status(text);
    ASSERT_FALSE(status) << text;
    EXPECT_THAT(status.error().what, testing::StartsWith("not a status of vipherd: it has no"));
  }
}

TEST(StatusJson, RefusesWhatIsNoStatus) {
  for (const char* text : {"", "{", "[]", "5"}) EXPECT_FALSE(decode_status(text)) << text;
}

TEST(StatusJson, ReadsTimesAsItWritesThemAndNoOthers) {
  const auto read = [](const std::string& time) {
    return decode_status(R"({"node":"a","agent":{},"services":[],"vips":[],"now":")" + time + "\"}")
        ->now;
  };
  EXPECT_EQ(read("2026-01-31T12:00:10.250Z"), WallTime(1'769'860'810'250ms));
  for (const char* other :
       {"196-01-31T12:0:0.-50Z", "2026-01-31T12:00:10.250", "2026-01-31T12:00:10.250Z ",
        "2026-02-31T12:00:10.250Z", "2026-01-31T24:00:10.250Z", "2026-01-31T12:60:10.250Z",
        "+026-01-31T12:00:10.250Z", "2026-01-31 12:00:10.250Z", ""}) {
    EXPECT_EQ(read(other), WallTime{}) << other;
  }
}

TEST(StatusJson, RefusesAValueOfTheWrongKind) {
  const auto status = nlohmann::json::parse(R"({"node":"a","agent":{},"services":[],"vips":[]})");
  ASSERT_TRUE(decode_status(status.dump()));
  for (const char* part : {R"({"node":5})", R"({"agent":[]})", R"({"vips":{}})", R"({"vips":[5]})",
                           R"({"vips":[{"tag":"x"}]})", R"({"problems":["x"]})",
                           R"({"services":[{"checks":[{"last":{"pass":1}}]}]})"}) {
    auto wrong = status;
    wrong.update(nlohmann::json::parse(part));
    EXPECT_FALSE(decode_status(wrong.dump())) << part;
  }
}

TEST(HealthJson, SaysWhatIsWrong) {
  using enum model::HealthState;
  using enum model::Severity;
  EXPECT_EQ(encode_health("lb1", model::scope::Node{}, {healthy, {}}),
            "{\"healthy\":true,\"state\":\"healthy\",\"node\":\"lb1\",\"problems\":[],"
            "\"notices\":[]}\n");
  EXPECT_EQ(encode_health("lb1", model::scope::Service{"web"}, {drained, {{notice, "a"}}}),
            "{\"healthy\":true,\"state\":\"drained\",\"node\":\"lb1\",\"service\":\"web\","
            "\"problems\":[],"
            "\"notices\":[\"a\"]}\n");
  EXPECT_EQ(encode_health("lb1", model::scope::Node{},
                          {unhealthy, {{problem, "a"}, {problem, "b\n\xff"}}}),
            "{\"healthy\":false,\"state\":\"unhealthy\",\"node\":\"lb1\","
            "\"problems\":[\"a\",\"b\\n\\ufffd\"],\"notices\":[]}\n");
}

TEST(ErrorJson, QuotesTheMessage) {
  EXPECT_EQ(encode_error("no \"x\""), "{\"error\":\"no \\\"x\\\"\"}\n");
}

TEST(StatusJson, ACountThatDoesNotFitIsRefused) {
  const auto good = nlohmann::json::parse(encode_status(example()));
  for (const char* value : {"-1", "1.5", R"("7")", "true", "[]", "4294967296"}) {
    auto changed = good;
    changed["vips"][0]["metric"] = nlohmann::json::parse(value);
    EXPECT_EQ(decode_status(changed.dump()).error().what,
              "not a status of vipherd: " + std::string(value) + " is no count that fits");
  }
  for (const char* value : {"7", "{}", R"("web")", "[7]", "[[]]"}) {
    auto changed = good;
    changed["vips"] = nlohmann::json::parse(value);
    EXPECT_FALSE(decode_status(changed.dump())) << value;
  }
}

}  // namespace
}  // namespace vipherd::wire
