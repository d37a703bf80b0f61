#include "cli/status_table.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace vipherd::cli {
namespace {

using namespace std::chrono_literals;

WallTime at(Duration offset) { return WallTime(1769860800s + offset); }

model::CheckStatus check(std::string name, std::string type, std::string state, bool pass,
                         std::string reason) {
  model::CheckStatus status{std::move(name), std::move(type), {}, 0, 0, {}};
  status.verdict = {std::move(state), at(90000s), ""};
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
  status.agent = {"running", at(0s), "started"};
  status.zebra = {"connected", at(86400s), "FRR 8.4.4"};
  status.config = {"rejected", at(93000s), "a.toml:3:1: node.nam: unknown key"};
  status.announcer = "zapi";
  status.last_reaction = 85us;

  model::ServiceStatus dns{"dns", true, {"down", at(93590s), "check dns/tcp is down"}};
  dns.vips = {"10.10.10.53", "2001:db8:10::53"};
  dns.checks = {check("tcp", "tcp", "down", false, "connection\xc2\x9b refused\x1b[31m\n")};
  model::ServiceStatus mail{"mail", false, {"disabled", at(0s), "by the configuration"}};
  model::ServiceStatus web{"web", true, {"up", at(90000s), "2 of 2 checks up"}};
  web.vips = {"10.10.10.10"};
  web.checks = {check("http", "http", "up", true, "200 OK, caf\xc3\xa9"),
                {"later", "tcp", {"undecided", {}, ""}, 0, 0, {}}};
  web.checks[0].last->warning = "certificate of web.example expires in 2 days";
  web.checks[1].advisory = true;
  web.health = 100;
  web.damping = model::DampingStatus{870, false, {}};
  web.watches = {{"unit", "", "nginx.service", {"watching", at(90000s), ""}},
                 {"connection", "http", "127.0.0.1:80", {"waiting", at(93599s), "reset"}}};
  dns.health = 0;
  dns.damping = model::DampingStatus{3400, true, 105300ms};
  status.services = {dns, mail, web};

  const model::Fact attached{"attached", at(90000s), ""};
  status.vips = {{"10.10.10.10",
                  "web",
                  true,
                  attached,
                  {"announced", at(90001s), "service web is up"},
                  100,
                  0},
                 {"10.10.10.11",
                  "web",
                  true,
                  {"failed", at(93598s), "Operation not permitted"},
                  {"withdrawn", at(93598s), "waiting for the attachment"},
                  100,
                  0},
                 {"10.10.10.12",
                  "web",
                  true,
                  attached,
                  {"losing", at(93500s), "connected route (distance 0)"},
                  100,
                  10},
                 {"10.10.10.99",
                  "",
                  false,
                  {"detaching", at(93600s), ""},
                  {"withdrawn", at(93599s), "no longer configured"},
                  100,
                  0},
                 {"2001:db8:10::53",
                  "dns",
                  false,
                  {"detached", at(93591s), "service dns is down"},
                  {"withdrawn", at(93590s), "service dns is down"},
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

TEST(StatusTable, IsThisText) { EXPECT_EQ(render_status(example()), golden("status.txt")); }

/// What the README shows.
model::Status readme_example() {
  model::Status status;
  status.node = "lb1";
  status.version = "0.1.0";
  status.announcer = "zapi";
  status.now = at(18s);
  status.agent = {"running", at(0s), "started"};
  status.zebra = {"connected", at(0s), "FRR 8.4.4 (ZAPI of 8.2 to 9.0)"};
  status.config = {"applied", at(0s), ""};
  const std::string refused = "connect to 127.0.0.1:80 refused";
  model::ServiceStatus web;
  web.name = "web";
  web.verdict = {"down", at(16s), "check web/http is down: " + refused};
  web.health = 0;
  web.vips = {"10.10.10.10"};
  model::CheckStatus http{"http", "http", {"down", at(16s), refused}, 0, 2, {}};
  http.last = model::CheckStatus::Last{false, refused, 200us, at(17s)};
  web.checks = {http};
  status.services = {web};
  status.vips = {{"10.10.10.10",
                  "web",
                  false,
                  {"detached", at(17s), ""},
                  {"withdrawn", at(16s), "service web is down"},
                  100,
                  0}};
  return status;
}

TEST(StatusTable, IsWhatTheReadmeShows) {
  const char* source = std::getenv("VIPHERD_SOURCE");
  std::ifstream file(std::string(source ? source : ".") + "/README.md");
  const std::string readme{std::istreambuf_iterator<char>(file), {}};
  EXPECT_THAT(readme, testing::HasSubstr("```\n$ vipherd status\n" +
                                         render_status(readme_example()) + "```\n"));
}

TEST(StatusTable, SaysInItsFirstLineThatAllIsWell) {
  model::Status status = example();
  status.services.erase(status.services.begin(), status.services.begin() + 2);
  status.vips.erase(status.vips.begin() + 1, status.vips.end());
  const std::string text = render_status(status);
  EXPECT_THAT(text, testing::StartsWith("lb1: healthy (vipherd 0.1.0, announcer zapi)\n"));
  EXPECT_THAT(text, testing::Not(testing::HasSubstr("PROBLEMS")));
}

TEST(StatusTable, OfNothingIsStillAHeading) {
  EXPECT_THAT(render_status({}), testing::HasSubstr("VIP  SERVICE"));
}

}  // namespace
}  // namespace vipherd::cli
