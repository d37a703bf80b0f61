#include "cli/status_table.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include "cli/table.hpp"

namespace vipherd::cli {
namespace {

using namespace std::chrono_literals;

WallTime at(Duration offset) { return WallTime(1769860800s + offset); }

model::CheckStatus check(std::string name, std::string type, model::CheckHealth state, bool pass,
                         std::string reason) {
  model::CheckStatus status{std::move(name), std::move(type), {}, 0, 0, {}};
  status.health = {state, at(90000s), ""};
  (pass ? status.passes : status.fails) = 3;
  status.last = model::CheckStatus::Last{pass, std::move(reason), 1250us, at(93599s)};
  return status;
}

/// One of everything: up, down, disabled and undecided; announced, losing, waiting, released.
model::Status example() {
  model::Status status;
  status.node = "lb1";
  status.version = "0.1.0";
  status.now = at(93600s);
  status.agent = {model::Phase::running, at(0s), "started"};
  status.zebra = {model::ZebraConnection::connected, at(86400s), "FRR 8.4.4"};
  status.config = {model::ConfigState::rejected, at(93000s), "a.toml:3:1: node.nam: unknown key"};
  status.announcer = model::Announcer::zapi;
  status.last_reaction = 85us;

  model::ServiceStatus dns{
      "dns", true, {model::ServiceHealth::down, at(93590s), "check dns/tcp is down"}};
  dns.vips = {"10.10.10.53", "2001:db8:10::53"};
  dns.checks = {
      check("tcp", "tcp", model::CheckHealth::down, false, "connection\xc2\x9b refused\x1b[31m\n")};
  model::ServiceStatus mail{
      "mail", false, {model::ServiceHealth::disabled, at(0s), "by the configuration"}};
  model::ServiceStatus web{"web", true, {model::ServiceHealth::up, at(90000s), "2 of 2 checks up"}};
  web.vips = {"10.10.10.10"};
  web.checks = {check("http", "http", model::CheckHealth::up, true, "200 OK, caf\xc3\xa9"),
                {"later", "tcp", {model::CheckHealth::undecided, {}, ""}, 0, 0, {}}};
  web.checks[0].last->warning = "certificate of web.example expires in 2 days";
  web.checks[1].advisory = true;
  web.health_percent = 100;
  web.damping = model::DampingStatus{870, false, {}};
  web.watches = {
      {model::WatchKind::unit, "", "nginx.service", {model::WatchStep::watching, at(90000s), ""}},
      {model::WatchKind::connection,
       "http",
       "127.0.0.1:80",
       {model::WatchStep::ended, at(93599s), "reset"}}};
  dns.health_percent = 0;
  dns.damping = model::DampingStatus{3400, true, 105300ms};
  status.services = {dns, mail, web};

  const model::Condition<model::AttachStep> attached{model::AttachStep::attached, at(90000s), ""};
  status.vips = {{"10.10.10.10",
                  "web",
                  true,
                  attached,
                  {model::RouteStep::announced, at(90001s), "service web is up"},
                  100,
                  0},
                 {"10.10.10.11",
                  "web",
                  true,
                  {model::AttachStep::failed, at(93598s), "Operation not permitted"},
                  {model::RouteStep::withdrawn, at(93598s), "waiting for the attachment"},
                  100,
                  0},
                 {"10.10.10.12",
                  "web",
                  true,
                  attached,
                  {model::RouteStep::not_selected, at(93500s), "connected route (distance 0)"},
                  100,
                  10},
                 {"10.10.10.99",
                  "",
                  false,
                  {model::AttachStep::detaching, at(93600s), ""},
                  {model::RouteStep::withdrawn, at(93599s), "no longer configured"},
                  100,
                  0},
                 {"2001:db8:10::53",
                  "dns",
                  false,
                  {model::AttachStep::detached, at(93591s), "service dns is down"},
                  {model::RouteStep::withdrawn, at(93590s), "service dns is down"},
                  100,
                  0}};
  return status;
}

std::string golden(const std::string& name) {
  const char* source = std::getenv("VIPHERD_SOURCE");
  const std::string path = std::string(source ? source : ".") + "/tests/golden/" + name;
  std::ifstream file(path);
  EXPECT_TRUE(file.is_open()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string text_of(const model::Status& status, std::size_t width = kUsualWidth) {
  return plain(render_status(status, width));
}

TEST(StatusTable, IsThisTextIfThereIsRoom) {
  EXPECT_EQ(text_of(example(), kUnbounded), golden("status.txt"));
}

TEST(StatusTable, IsThisTextIn80Columns) { EXPECT_EQ(text_of(example()), golden("status_80.txt")); }

TEST(StatusTable, ShowsTheRelayAndItsSiblings) {
  model::Status status = example();
  status.relay = model::RelayStatus{
      .state = {model::RelayState::working, at(0s), "connections of other nodes are passed on"},
      .own = {"192.0.2.1", "2001:db8::1"}};
  EXPECT_THAT(text_of(status), testing::HasSubstr("192.0.2.1, 2001:db8::1  working"));
  model::SiblingStatus sibling{"192.0.2.2", {model::SiblingState::alive, at(93590s), ""}, 150us};
  sibling.passed_on = 40;
  sibling.forwarded = 2;
  sibling.accepted = 7;
  sibling.connections_passed_on = 5;
  sibling.connections_accepted = 1;
  status.relay->siblings = {sibling,
                            {"192.0.2.3", {model::SiblingState::silent, at(93599s), "no word"}}};
  EXPECT_THAT(text_of(status), testing::ContainsRegex("192.0.2.2 +alive +10s +150us +42 +7 +0"));
  EXPECT_THAT(text_of(status), testing::ContainsRegex("192.0.2.3 +silent +1s +- +0 +0 +0"));
  EXPECT_THAT(text_of(status, kUnbounded),
              testing::HasSubstr("5 passed on, 1 accepted, 0 unowned"));
}

/// Whatever names, addresses and reasons there are.
model::Status long_example() {
  model::Status status = example();
  const std::string name(64, 'n');
  const std::string address = "2001:db8:1234:5678:9abc:def0:1234:5678";
  model::ServiceStatus& service = status.services[0];
  service.name = name;
  service.checks[0].name = std::string(64, 'c');
  service.checks[0].last->reason = std::string(200, '@') + " and then caf\xc3\xa9 " +
                                   std::string(79, '-') + " " + std::string(81, '=');
  service.watches = {{model::WatchKind::pid_file,
                      std::string(64, 'c'),
                      "/run/" + std::string(150, 'p') + ".pid",
                      {model::WatchStep::awaiting_start, at(1s), std::string(120, 'y')}}};
  for (model::VipStatus& vip : status.vips) {
    vip.vip = address;
    vip.service = name;
    vip.announced.reason =
        "service " + name + " is down: check " + name + "/http is down: HTTP 503";
  }
  status.node = std::string(64, 'l');
  status.zebra.reason = "cannot connect to /var/run/frr/zserv.api: Permission denied: " + name;
  return status;
}

std::size_t longest_line(const std::string& text) {
  std::size_t longest = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) longest = std::max(longest, width_of(line));
  return longest;
}

TEST(StatusTable, FitsWhateverTheNamesAre) {
  model::Status six = example();
  for (model::VipStatus& vip : six.vips) vip.vip = "2001:db8:1234:5678:9abc:def0:1234:5678";
  for (const model::Status& status : {example(), six, long_example()}) {
    for (const std::size_t width : {80u, 72u, 60u}) {
      EXPECT_LE(longest_line(text_of(status, width)), width) << text_of(status, width);
    }
  }
}

TEST(StatusTable, CutsNoNameOfARowAndNoReason) {
  const std::string text = text_of(long_example());
  EXPECT_THAT(text, testing::HasSubstr("\n2001:db8:1234:5678:9abc:def0:1234:5678\n"));
  EXPECT_THAT(text, testing::HasSubstr("nnn…nnn")) << "what is cut is marked";
  EXPECT_EQ(std::ranges::count(text, '@'), 200) << "of the reason nothing is missing";
}

TEST(StatusTable, ColoursStatesAndNothingElse) {
  std::map<std::string, Colour> seen;
  for (const Span& span : render_status(example(), kUsualWidth)) {
    if (span.colour != Colour::none) seen[span.text] = span.colour;
  }
  EXPECT_EQ(seen["up"], Colour::green);
  EXPECT_EQ(seen["down"], Colour::red);
  EXPECT_EQ(seen["disabled"], Colour::yellow);
  EXPECT_EQ(seen["NOT HEALTHY"], Colour::red);
  EXPECT_EQ(seen["announced"], Colour::green);
  EXPECT_EQ(seen.count("web"), 0u);
}

TEST(StatusTable, ADrainedVipIsYellowWhateverIsAnnounced) {
  model::Status status = example();
  status.vips.resize(1);
  status.vips[0].drain =
      model::DrainStatus{{model::DrainStep::holding, at(1s), "the operator"}, {}};
  for (const Span& span : render_status(status, kUsualWidth)) {
    if (span.text == "announced") {
      EXPECT_EQ(span.colour, Colour::yellow);
    }
  }
}

/// What the README shows.
model::Status readme_example() {
  model::Status status;
  status.node = "lb1";
  status.version = "0.1.0";
  status.announcer = model::Announcer::zapi;
  status.now = at(18s);
  status.agent = {model::Phase::running, at(0s), "started"};
  status.zebra = {model::ZebraConnection::connected, at(0s), "FRR 8.4.4 (ZAPI of 8.2 to 9.0)"};
  status.config = {model::ConfigState::applied, at(0s), ""};
  const std::string refused = "connect to 127.0.0.1:80 refused";
  model::ServiceStatus web;
  web.name = "web";
  web.health = {model::ServiceHealth::down, at(16s), "check web/http is down: " + refused};
  web.health_percent = 0;
  web.vips = {"10.10.10.10"};
  model::CheckStatus http{"http", "http", {model::CheckHealth::down, at(16s), refused}, 0, 2, {}};
  http.last = model::CheckStatus::Last{false, refused, 200us, at(17s)};
  web.checks = {http};
  status.services = {web};
  status.vips = {{"10.10.10.10",
                  "web",
                  false,
                  {model::AttachStep::detached, at(17s), ""},
                  {model::RouteStep::withdrawn, at(16s), "service web is down"},
                  100,
                  0}};
  return status;
}

TEST(StatusTable, IsWhatTheReadmeShows) {
  const char* source = std::getenv("VIPHERD_SOURCE");
  std::ifstream file(std::string(source ? source : ".") + "/README.md");
  const std::string readme{std::istreambuf_iterator<char>(file), {}};
  EXPECT_THAT(readme,
              testing::HasSubstr("```\n$ vipherd status\n" + text_of(readme_example()) + "```\n"));
}

TEST(StatusTable, SaysInItsFirstLineThatAllIsWell) {
  model::Status status = example();
  status.services.erase(status.services.begin(), status.services.begin() + 2);
  status.vips.erase(status.vips.begin() + 1, status.vips.end());
  const std::string text = text_of(status);
  EXPECT_THAT(text, testing::StartsWith("lb1: healthy (vipherd 0.1.0, announcer zapi)\n"));
  EXPECT_THAT(text, testing::Not(testing::HasSubstr("PROBLEMS")));
}

TEST(StatusTable, OfNothingIsStillAHeading) {
  EXPECT_THAT(text_of({}), testing::HasSubstr("VIP  SERVICE"));
}

}  // namespace
}  // namespace vipherd::cli
