// The table "What is healthy" of docs/operations.md, row by row: each has a situation here, and
// each situation a row there.
#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <string>

#include "vipherd/model/health.hpp"

namespace vipherd::model {
namespace {

/// Two services that are up, `web` with two VIPs and `dns` with one. Rows are about `web`.
Status all_is_well() {
  Status status;
  status.agent.state = model::Phase::running;
  status.zebra.state = model::ZebraConnection::connected;
  status.config.state = model::ConfigState::applied;
  for (const auto& [service, vip] :
       {std::pair("web", "10.10.10.10"), {"web", "10.10.10.11"}, {"dns", "10.10.10.53"}}) {
    VipStatus announced;
    announced.vip = vip;
    announced.service = service;
    announced.wanted = true;
    announced.announced.state = model::RouteStep::announced;
    announced.reach.state = model::Advertised::to_all;
    status.vips.push_back(announced);
  }
  ServiceStatus web;
  web.name = "web";
  web.health.state = model::ServiceHealth::up;
  web.vips = {"10.10.10.10", "10.10.10.11"};
  web.checks = {{"http", "http", {model::CheckHealth::up, {}, "status 200"}, 1, 0, {}},
                {"tls", "tls", {model::CheckHealth::up, {}, "handshake"}, 1, 0, {}}};
  ServiceStatus dns;
  dns.name = "dns";
  dns.health.state = model::ServiceHealth::up;
  dns.vips = {"10.10.10.53"};
  status.services = {web, dns};
  return status;
}

void drain(VipStatus& vip) {
  vip.drain = DrainStatus{{model::DrainStep::drained, {}, "the operator drains it"}};
}

void drain_all(Status& status, const std::string& service) {
  for (VipStatus& vip : status.vips) {
    if (vip.service == service) drain(vip);
  }
}

void disable(Status& status, std::size_t service, DisabledBy by) {
  status.services[service].enabled = false;
  status.services[service].disabled_by = by;
  status.services[service].health.state = model::ServiceHealth::disabled;
}

/// Its VIPs are withdrawn.
void fail(Status& status, std::size_t service) {
  status.services[service].health = {model::ServiceHealth::down, {}, "check http: connect refused"};
  for (VipStatus& vip : status.vips) {
    if (vip.service == status.services[service].name)
      vip.announced.state = model::RouteStep::withdrawn;
  }
}

using Situation = std::function<void(Status&)>;

const std::map<std::string, Situation>& situations() {
  static const std::map<std::string, Situation> kSituations{
      {"everything is up and announced", [](Status&) {}},
      {"an operator drains the node",
       [](Status& status) {
         status.drained = true;
         for (VipStatus& vip : status.vips) drain(vip);
       }},
      {"an operator drains the service, or a VIP of it",
       [](Status& status) { drain(status.vips[0]); }},
      {"an operator disabled the service",
       [](Status& status) { disable(status, 0, DisabledBy::an_operator); }},
      {"the configuration disables the service (`enabled = false`)",
       [](Status& status) { disable(status, 0, DisabledBy::configuration); }},
      {"the service is down", [](Status& status) { fail(status, 0); }},
      {"the service has no result yet",
       [](Status& status) { status.services[0].health.state = model::ServiceHealth::undecided; }},
      {"the service is down, and all its VIPs are drained",
       [](Status& status) {
         fail(status, 0);
         drain_all(status, "web");
       }},
      {"the service is down, and some of its VIPs are drained",
       [](Status& status) {
         fail(status, 0);
         drain(status.vips[1]);
       }},
      {"the service is held down for flapping",
       [](Status& status) {
         fail(status, 0);
         status.services[0].damping = DampingStatus{3400, true, {}};
         for (CheckStatus& check : status.services[0].checks)
           check.health.state = model::CheckHealth::up;
       }},
      {"a VIP is held although the service is down (`on_all_down`)",
       [](Status& status) {
         fail(status, 0);
         status.vips[0].held = true;
         status.vips[0].announced.state = model::RouteStep::announced;
       }},
      {"a VIP is not announced although the service is up",
       [](Status& status) { status.vips[0].announced.state = model::RouteStep::not_selected; }},
      {"a VIP is announced, but advertised to none or to some only",
       [](Status& status) {
         status.vips[0].reach_alarm = true;
         status.vips[0].reach.state = model::Advertised::to_some;
       }},
      {"a VIP is withdrawn, but a daemon announces it still",
       [](Status& status) {
         fail(status, 0);
         drain_all(status, "web");
         status.vips[0].reach_alarm = true;
         status.vips[0].reach.state = model::Advertised::stale;
       }},
      {"a VIP is the address of the node, its gateway or a BGP peer",
       [](Status& status) {
         status.problems = {{Severity::problem, "VIP 10.10.10.10 is taken", "web"}};
       }},
      {"a router id is a VIP, or another router's, too",
       [](Status& status) {
         status.problems = {{Severity::problem, "ospfd's router id 10.10.10.10 is a VIP", ""}};
       }},
      {"the relay does not work",
       [](Status& status) {
         status.relay = RelayStatus{.state = {RelayState::failed, {}, "no rights"}};
       }},
      {"a sibling of the relay is silent",
       [](Status& status) {
         status.relay = RelayStatus{.state = {RelayState::working, {}, ""}};
         status.relay->siblings = {{"192.0.2.2", {SiblingState::silent, {}, "no heartbeat"}}};
       }},
      {"a VIP lies in a subnet of the node",
       [](Status& status) {
         status.problems = {{Severity::notice, "VIP 10.10.10.10 lies in a subnet", "web"}};
       }},
      {"an advisory check fails",
       [](Status& status) {
         status.services[0].checks[1].advisory = true;
         status.services[0].checks[1].health.state = model::CheckHealth::down;
       }},
      {"a check fails that the service can do without (`needs`)",
       [](Status& status) {
         status.services[0].checks[1].health.state = model::CheckHealth::down;
       }},
      {"a check warns: its certificate expires soon",
       [](Status& status) {
         status.services[0].checks[1].last.emplace().warning = "expires in 2 days";
       }},
      {"an operator gave the node or the service a weight under 100",
       [](Status& status) { status.operator_weight = 30; }},
      {"zebra is not connected",
       [](Status& status) { status.zebra.state = model::ZebraConnection::disconnected; }},
      {"zebra is not connected, but everything is drained or disabled",
       [](Status& status) {
         status.zebra.state = model::ZebraConnection::disconnected;
         drain_all(status, "web");
         disable(status, 1, DisabledBy::an_operator);
       }},
      {"the agent is starting or stopping",
       [](Status& status) { status.agent.state = model::Phase::stopping; }},
      {"the agent lacks its endpoint, control socket, lock or state file",
       [](Status& status) {
         status.problems = {{Severity::problem, "no endpoint"}};
       }},
      {"the log is not being read",
       [](Status& status) {
         status.problems = {{Severity::notice, "the log is not being read"}};
       }},
      {"the last reload was rejected",
       [](Status& status) {
         status.config = {model::ConfigState::rejected, {}, "a.toml:3:1: unknown key"};
       }},
      {"another service is down", [](Status& status) { fail(status, 1); }},
      {"an operator drains or disabled another service",
       [](Status& status) { disable(status, 1, DisabledBy::an_operator); }},
  };
  return kSituations;
}

std::string code_of(const Health& health, const Strictness& strictness = {}) {
  return is_failure(health, strictness) ? "503" : "200";
}

std::string state_and_code_of(const Health& health) {
  return std::string(to_string(health.state)) + " " + code_of(health);
}

/// As it has to stand in the document.
std::string row_of(const std::string& name, const Situation& situation) {
  Status status = all_is_well();
  situation(status);
  const HealthReport report = report_health(status);
  return "| " + name + " | " + state_and_code_of(report.node) + " | " +
         state_and_code_of(report.services.at("web")) + " | " +
         code_of(report.node, {.drained = true}) + " | " + code_of(report.node, {.notices = true}) +
         " | " + (is_failure(report.node) ? "1" : "0") + " |";
}

/// Those of the table under "What is healthy", without its head.
std::vector<std::string> documented_rows() {
  const char* source = std::getenv("VIPHERD_SOURCE");
  const std::string path = std::string(source ? source : ".") + "/docs/operations.md";
  std::ifstream file(path);
  EXPECT_TRUE(file.is_open()) << path;
  std::vector<std::string> rows;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("#")) inside = line == "### What is healthy";
    if (inside && line.starts_with("|")) rows.push_back(line);
  }
  EXPECT_GT(rows.size(), 2u);
  rows.erase(rows.begin(), rows.begin() + std::min<std::ptrdiff_t>(2, std::ssize(rows)));
  return rows;
}

TEST(HealthTable, IsWhatTheDocumentSays) {
  std::vector<std::string> expected;
  for (const auto& [name, situation] : situations()) expected.push_back(row_of(name, situation));
  EXPECT_THAT(documented_rows(), testing::UnorderedElementsAreArray(expected));
}

TEST(HealthTable, NoProblemFailsWhoeverOnlyReadsTheBody) {
  for (const auto& [name, situation] : situations()) {
    Status status = all_is_well();
    situation(status);
    EXPECT_FALSE(is_failure(evaluate(status), {.problems = false})) << name;
  }
}

TEST(HealthTable, WhateverIsNotHealthySaysWhy) {
  for (const auto& [name, situation] : situations()) {
    Status status = all_is_well();
    situation(status);
    const Health health = evaluate(status);
    EXPECT_EQ(health.problems.empty(), name == "everything is up and announced") << name;
  }
}

}  // namespace
}  // namespace vipherd::model
