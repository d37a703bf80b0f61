#include <gmock/gmock.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "vipherd/metrics/page.hpp"

namespace vipherd::metrics {
namespace {

using namespace model;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

const IpAddress kVip = IpAddress::parse("10.10.10.10").value();

/// One of everything that is shown.
Status everything() {
  Status status;
  status.node = "lb1";
  status.version = "1.2.3";
  status.announcer = model::Announcer::zapi;
  status.agent.state = model::Phase::running;
  status.zebra.state = model::ZebraConnection::connected;
  status.config = {model::ConfigState::applied, WallTime(1000s), ""};
  ServiceStatus web;
  web.name = "web";
  web.health.state = model::ServiceHealth::up;
  web.weight = 50;
  web.health_percent = 75;
  web.checks = {{"http", "http", {model::CheckHealth::up, {}, ""}, 0, 0, {}}};
  web.checks.push_back(
      {"hint", "file", {model::CheckHealth::undecided, {}, ""}, 0, 0, {}, {}, /*advisory=*/true});
  status.services = {web};
  VipStatus vip;
  vip.vip = "10.10.10.10";
  vip.service = "web";
  vip.wanted = true;
  vip.attached.state = model::AttachStep::attached;
  vip.announced.state = model::RouteStep::announced;
  vip.daemons = {{"bgpd", {}, Reach{true, {"192.168.100.1", "192.168.100.9"}, {}, ""}},
                 {"ospfd", {}, fail("it did not answer")}};
  status.vips = {vip};
  SiblingStatus sibling{"192.0.2.2", {model::SiblingState::alive, {}, ""}, 250us};
  sibling.passed_on = 12;
  sibling.connections_passed_on = 2;
  status.relay = RelayStatus{.state = {model::RelayState::working, {}, ""}, .strangers = 3};
  status.relay->rejected_heartbeats = 4;
  status.relay->siblings = {sibling};
  return status;
}

StateChange vip_became(std::string_view state) {
  return {.kind = StateChange::Kind::vip, .service = "web", .vip = kVip, .state = state};
}

std::string page_of(const Counts& counts, const Status& status = everything()) {
  return make_page(counts, status, {});
}

TEST(Metrics, ShowTheState) {
  const std::string text = page_of(Counts());
  for (const char* line :
       {"vipherd_build_info{version=\"1.2.3\"} 1\n",
        "vipherd_node_info{node=\"lb1\",announcer=\"zapi\"} 1\n",
        "vipherd_healthy 1\n",
        "vipherd_drained 0\n",
        "vipherd_zebra_connected 1\n",
        "vipherd_config_last_reload_timestamp_seconds 1000\n",
        "vipherd_service_up{service=\"web\"} 1\n",
        "vipherd_service_weight_ratio{service=\"web\"} 0.5\n",
        "vipherd_service_health_ratio{service=\"web\"} 0.75\n",
        "vipherd_check_up{service=\"web\",check=\"http\",type=\"http\"} 1\n",
        "vipherd_check_decided{service=\"web\",check=\"hint\",type=\"file\"} 0\n",
        "vipherd_check_advisory{service=\"web\",check=\"hint\",type=\"file\"} 1\n",
        "vipherd_vip_announced{service=\"web\",vip=\"10.10.10.10\"} 1\n",
        "vipherd_vip_neighbors{service=\"web\",vip=\"10.10.10.10\",daemon=\"bgpd\"} 2\n",
        "vipherd_relay_working 1\n",
        "vipherd_relay_packets_total{what=\"strangers\"} 3\n",
        "vipherd_relay_rejected_heartbeats_total 4\n",
        "vipherd_relay_sibling_up{sibling=\"192.0.2.2\"} 1\n",
        "vipherd_relay_sibling_round_trip_seconds{sibling=\"192.0.2.2\"} 0.00025\n",
        "vipherd_relay_sibling_packets_total{sibling=\"192.0.2.2\",what=\"passed_on\"} 12\n",
        "vipherd_relay_sibling_connections_total{sibling=\"192.0.2.2\",what=\"passed_on\"} 2\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  EXPECT_THAT(text, Not(HasSubstr("daemon=\"ospfd\""))) << "unknown is not 0";
}

TEST(Metrics, APlannedDrainIsNoFailure) {
  Status status = everything();
  status.vips[0].drain = DrainStatus{{model::DrainStep::drained, {}, "by the operator"}};
  status.vips[0].wanted = false;
  status.vips[0].announced.state = model::RouteStep::withdrawn;
  const std::string text = page_of(Counts(), status);
  for (const char* line :
       {"vipherd_healthy 1\n", "vipherd_drained 1\n", "vipherd_service_up{service=\"web\"} 1\n",
        "vipherd_service_drained{service=\"web\"} 1\n",
        "vipherd_vip_drained{service=\"web\",vip=\"10.10.10.10\"} 1\n",
        "vipherd_vip_announced{service=\"web\",vip=\"10.10.10.10\"} 0\n",
        "vipherd_vip_wanted{service=\"web\",vip=\"10.10.10.10\"} 0\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(Metrics, CountProbesAndChanges) {
  Counts counts;
  const CheckId http{"web", "http"};
  counts.probe_finished(http, {true, "", 3ms});
  counts.probe_finished(http, {false, "", 300ms});
  counts.probe_finished(http, {false, "", 300ms});
  counts.changed(
      {.kind = StateChange::Kind::check, .service = "web", .check = "http", .state = "down"}, {},
      {});
  counts.changed({.kind = StateChange::Kind::service, .service = "web", .state = "down"}, {}, {});
  counts.changed(vip_became("announced"), {}, {});
  counts.changed({.state = "disconnected"}, {}, {});
  counts.changed({.state = "disconnected"}, {}, {});
  const std::string text = page_of(counts);
  for (const char* line :
       {"vipherd_probes_total{check=\"http\",result=\"pass\",service=\"web\"} 1\n",
        "vipherd_probes_total{check=\"http\",result=\"fail\",service=\"web\"} 2\n",
        "vipherd_probe_duration_seconds_count{check=\"http\",service=\"web\"} 3\n",
        "vipherd_probe_duration_seconds_bucket{check=\"http\",service=\"web\",le=\"0.005\"} 1\n",
        "vipherd_check_transitions_total{check=\"http\",service=\"web\",to=\"down\"} 1\n",
        "vipherd_service_transitions_total{service=\"web\",to=\"down\"} 1\n",
        "vipherd_vip_transitions_total{service=\"web\",to=\"announced\",vip=\"10.10.10.10\"} 1\n",
        "vipherd_zebra_transitions_total{to=\"disconnected\"} 2\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(Metrics, TimeAWithdrawalFromItsCauseToItsConfirmation) {
  Counts counts;
  const TimePoint begin = TimePoint(100s);
  counts.changed(vip_became("withdrawing"), begin, begin + 1ms);
  counts.changed(vip_became("withdrawn"), begin + 3ms, begin + 4ms);
  counts.changed(vip_became("withdrawn"), begin, begin + 9s);  // of nothing that began
  // Announced again before it was confirmed.
  counts.changed(vip_became("withdrawing"), begin, begin);
  counts.changed(vip_became("announced"), begin + 5s, begin + 5s);
  counts.changed(vip_became("withdrawn"), begin + 9s, begin + 9s);
  const std::string text = page_of(counts);
  EXPECT_THAT(text, HasSubstr("vipherd_withdraw_seconds_count 1\n"));
  EXPECT_THAT(text, HasSubstr("vipherd_withdraw_seconds_bucket{le=\"0.002\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("vipherd_withdraw_seconds_bucket{le=\"0.005\"} 1\n"));
}

TEST(Metrics, ForgetWhatIsNotConfiguredAnyMore) {
  Counts counts;
  for (const char* service : {"web", "dns"}) {
    counts.probe_finished({service, "c"}, {true, "", 1ms});
    counts.changed(
        {.kind = StateChange::Kind::check, .service = service, .check = "c", .state = "up"}, {},
        {});
    counts.changed({.kind = StateChange::Kind::service, .service = service, .state = "up"}, {}, {});
  }
  counts.changed(vip_became("announced"), {}, {});
  Config config;  // the VIP has moved
  config.services.resize(1);
  config.services[0].name = "dns";
  config.services[0].vips = {kVip};
  config.services[0].checks.resize(1);
  config.services[0].checks[0].name = "c";
  counts.keep_only(config);
  const std::string text = page_of(counts, Status{});
  EXPECT_THAT(text, Not(HasSubstr("\"web\"")));
  EXPECT_THAT(text,
              HasSubstr("vipherd_probes_total{check=\"c\",result=\"pass\",service=\"dns\"} 1"));
  // And is counted anew if it returns.
  counts.probe_finished({"web", "c"}, {true, "", 1ms});
  EXPECT_THAT(page_of(counts, Status{}),
              HasSubstr("vipherd_probes_total{check=\"c\",result=\"pass\",service=\"web\"} 1"));
}

std::set<std::string> all_matches(const std::string& text, const std::regex& pattern) {
  std::set<std::string> found;
  for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end; ++match) {
    found.insert((*match)[1]);
  }
  return found;
}

std::string source_file(const std::string& name) {
  const char* source = std::getenv("VIPHERD_SOURCE");
  std::ifstream file(std::string(source ? source : ".") + "/" + name);
  EXPECT_TRUE(file.is_open()) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Every family, with one sample of each.
std::set<std::string> shown() {
  Counts counts;
  counts.probe_finished({"web", "http"}, {true, "", 1ms});
  counts.changed({.kind = StateChange::Kind::check, .service = "web", .state = "up"}, {}, {});
  counts.changed({.kind = StateChange::Kind::service, .service = "web", .state = "up"}, {}, {});
  counts.changed(vip_became("announced"), {}, {});
  counts.changed({.state = "connected"}, {}, {});
  return all_matches(page_of(counts), std::regex("# TYPE ([a-z_]+) "));
}

TEST(Metrics, AreAllDocumentedAndNoOthers) {
  EXPECT_EQ(
      all_matches(source_file("docs/metrics.md"), std::regex("\\| `((vipherd|process)_[a-z_]+)")),
      shown());
}

TEST(Metrics, OfDashboardAndAlertsExist) {
  for (const char* name : {"deploy/monitoring/alerts.yml", "deploy/monitoring/dashboard.json"}) {
    const auto used = all_matches(source_file(name), std::regex("\\b(vipherd_[a-z_]+)\\b"));
    EXPECT_GE(used.size(), 5U) << name;
    for (std::string metric : used) {
      metric = std::regex_replace(metric, std::regex("_(bucket|count|sum)$"), "");
      EXPECT_TRUE(shown().contains(metric)) << name << ": " << metric;
    }
  }
}

}  // namespace
}  // namespace vipherd::metrics
