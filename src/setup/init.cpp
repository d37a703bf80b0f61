#include "vipherd/setup/init.hpp"

#include "config/toml_text.hpp"
#include "vipherd/base/ip_prefix.hpp"

namespace vipherd::setup {
namespace {

using config::toml_value;

std::string text_of(std::string_view value) { return toml_value(value); }

/// "http", "http-2", ...
std::string numbered(const std::string& name, std::size_t index) {
  return index == 0 ? name : name + "-" + std::to_string(index + 1);
}

void add_timing(DraftCheck& check) {
  check.keys.push_back({"interval", text_of("1s")});
  check.keys.push_back({"timeout", text_of("300ms"), "well above what a healthy answer takes"});
}

DraftCheck url_check(const std::string& url, std::size_t index) {
  const std::string type = url.starts_with("https:") ? "https" : "http";
  DraftCheck check{.name = numbered(type, index)};
  check.keys = {
      {"type", text_of(type)},
      {"url", text_of(url)},
      {"expect_status", R"(["2xx"])", "or [200, 204], \"200-399\"; expect_body = \"...\""}};
  add_timing(check);
  if (type == "https") {
    check.keys.push_back(
        {"certificate_expires_in", text_of("14d"), "warns; server_name, ca_file if need be"});
  }
  return check;
}

/// With port 53 unless it names one.
std::string with_port(const std::string& server) {
  const auto address = IpAddress::parse(server);
  if (!address) return server;
  return server.find(':') == server.npos ? server + ":53" : "[" + server + "]:53";
}

DraftCheck dns_check(const InitAnswers& answers, std::size_t index) {
  DraftCheck check{.name = numbered("dns", index)};
  check.remarks = {"A server that listens on the VIPs alone is asked there: via_vip = true."};
  check.keys = {
      {"type", text_of("dns")},
      {"server", text_of(with_port(answers.dns_servers[index]))},
      {"name", text_of(answers.dns_name)},
      {"record", text_of("SOA"), "a resolver: what it can resolve, recursion_desired = true"}};
  add_timing(check);
  return check;
}

DraftCheck unit_check(const std::string& unit) {
  DraftCheck check{.name = "unit"};
  check.remarks = {
      "systemd knows that a process runs, not that it answers: add a check that asks it."};
  check.keys = {{"type", text_of("systemd")}, {"unit", text_of(unit)}, {"timeout", text_of("5s")}};
  return check;
}

DraftService service_of(const InitAnswers& answers) {
  const bool only_dns = answers.urls.empty() && !answers.dns_servers.empty();
  DraftService service{
      .name = answers.service.empty() ? (only_dns ? "dns" : "web") : answers.service,
      .vips = answers.vips};
  service.remarks = {"VIPs that are announced while all checks pass."};
  if (!answers.unit.empty()) {
    service.keys.push_back(
        {"watch.unit", text_of(answers.unit), "probe at once when it starts, stops or dies"});
  }
  service.keys.push_back(
      {"attach", text_of("when-up"), "\"always\" if the service binds to a VIP"});
  for (std::size_t index = 0; index < answers.urls.size(); ++index) {
    service.checks.push_back(url_check(answers.urls[index], index));
  }
  for (std::size_t index = 0; index < answers.dns_servers.size(); ++index) {
    service.checks.push_back(dns_check(answers, index));
  }
  if (service.checks.empty()) service.checks.push_back(unit_check(answers.unit));
  return service;
}

}  // namespace

Draft draft_of(const InitAnswers& answers) {
  Draft draft{.protocols = answers.protocols, .pool = answers.pool};
  draft.remarks = {
      "vipherd's configuration, begun by `vipherd init`: see vipherd.toml(5).",
      "`vipherd check-config` says what is wrong with it, `systemctl reload vipherd` applies a",
      "change, `vipherd config --effective` prints it with all defaults."};
  draft.services.push_back(service_of(answers));
  draft.end_remarks = {"Answers for `vipherd render node`, which writes frr.conf for these VIPs:",
                       "",
                       "[render]",
                       "node_as = 65001",
                       "router_as = 65000",
                       "routers = [\"192.168.100.1\"]",
                       "interfaces = [\"eth1\"]",
                       "router_id = \"192.168.100.2\""};
  return draft;
}

}  // namespace vipherd::setup
