// keepalived's virtual_servers, as keepalived.conf(5) describes them: blocks of words in braces.
#include <algorithm>
#include <sstream>

#include "config/toml_text.hpp"
#include "setup/import_words.hpp"
#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/base/numbers.hpp"
#include "vipherd/setup/import.hpp"

namespace vipherd::setup {
namespace {

struct Block {
  Texts words{};  ///< of the line before the brace, or of the whole line
  std::vector<Block> inside{};

  const std::string& name() const { return words.front(); }
  std::string word(std::size_t index) const { return index < words.size() ? words[index] : ""; }
  const Block* find(std::string_view wanted) const {
    const auto found =
        std::ranges::find_if(inside, [&](const Block& each) { return each.name() == wanted; });
    return found == inside.end() ? nullptr : &*found;
  }
  std::string value(std::string_view wanted) const {
    const Block* found = find(wanted);
    return found ? found->word(1) : "";
  }
};

/// Seconds; keepalived's own.
constexpr const char* kUsualTimeout = "5";
/// Braces stand alone or at the end of a line; what is nested deeper than any file has it is cut
/// off.
constexpr std::size_t kDeepest = 16;

void read_blocks(std::istringstream& lines, std::vector<Block>& into, std::size_t depth) {
  for (std::string line; std::getline(lines, line);) {
    line = line.substr(0, line.find_first_of("!#"));
    Texts words = words_of(line);
    if (words.empty()) continue;
    if (words[0] == "}") return;
    bool opens = words.back() == "{";
    if (opens) words.pop_back();
    const bool closes = !words.empty() && words.back() == "}";
    if (closes) words.pop_back();
    if (words.empty() && opens && !into.empty()) {
      read_blocks(lines, into.back().inside, depth + 1);
      continue;
    }
    if (words.empty()) return;
    // "url { path /; }" in one line: what is inside is one line of words.
    const auto brace = std::ranges::find(words, "{");
    if (brace != words.end()) {
      Block block{.words = {words.begin(), brace}};
      Block content{.words = {brace + 1, words.end()}};
      if (!block.words.empty()) {
        if (!content.words.empty()) block.inside.push_back(std::move(content));
        into.push_back(std::move(block));
      }
      continue;
    }
    into.push_back({std::move(words)});
    if (opens && depth < kDeepest) read_blocks(lines, into.back().inside, depth + 1);
    if (closes) return;
  }
}

std::string text(std::string_view value) { return config::toml_value(value); }

/// The real server's own port, at the address at which it reaches itself.
std::string own_address(const std::string& vip, const std::string& port) {
  const auto address = IpAddress::parse(vip);
  const bool ipv6 = address && address->family() == Family::ipv6;
  return (ipv6 ? "[::1]:" : "127.0.0.1:") + port;
}

struct Server {
  std::string vip;
  std::string port;        ///< of the real server
  std::string delay_loop;  ///< seconds
};

void add_timing(const Block& checker, const Server& server, DraftCheck& check) {
  if (!server.delay_loop.empty()) add_seconds(check, "interval", server.delay_loop);
  const bool limited =
      std::ranges::any_of(check.keys, [](const auto& key) { return key.name == "timeout"; });
  const std::string timeout = checker.value("connect_timeout");
  if (!limited) add_seconds(check, "timeout", timeout.empty() ? kUsualTimeout : timeout);
  std::string retry = checker.value("retry");
  if (retry.empty()) retry = checker.value("nb_get_retry");
  if (const auto times = parse_number<std::uint16_t>(retry)) {
    check.keys.push_back(
        {"fall", std::to_string(*times + 1U), "the first failure, and each retry"});
  }
  for (const auto name : {"delay_before_retry", "warmup", "bindto", "alpha", "log_all_failures"}) {
    if (checker.find(name)) check.remarks.push_back(std::string("no equivalent: ") + name);
  }
}

DraftCheck http_check(const Block& checker, const Server& server, const Block& url) {
  const bool tls = checker.name() == "SSL_GET";
  DraftCheck check{.name = tls ? "https" : "http"};
  std::string path = url.value("path");
  if (path.empty()) path = "/";
  const std::string address = own_address(server.vip, server.port);
  check.keys = {{"type", text(tls ? "https" : "http")},
                {"url", text((tls ? "https://" : "http://") + address + path)}};
  if (tls) check.keys.push_back({"verify", "false", "keepalived verified nothing"});
  std::string host = url.value("virtualhost");
  if (host.empty()) host = checker.value("virtualhost");
  if (!host.empty()) check.keys.push_back({"host", text(host)});
  if (const Block* codes = url.find("status_code")) {
    Texts values;
    for (std::size_t index = 1; index < codes->words.size(); ++index)
      values.push_back(codes->words[index]);
    check.keys.push_back({"expect_status", config::toml_array_of(values)});
  }
  if (const Block* regex = url.find("regex"))
    check.keys.push_back({"expect_body_regex", text(regex->word(1))});
  if (url.find("digest"))
    check.remarks.push_back("no equivalent: digest: expect_body or expect_body_regex");
  return check;
}

/// None, if there is no such check here.
std::vector<DraftCheck> checks_of(const Block& checker, const Server& server) {
  const std::string& name = checker.name();
  const std::string port =
      checker.value("connect_port").empty() ? server.port : checker.value("connect_port");
  const Server at{server.vip, port, server.delay_loop};
  const std::string address = own_address(at.vip, port);
  std::vector<DraftCheck> checks;
  if (name == "HTTP_GET" || name == "SSL_GET") {
    for (const Block& each : checker.inside) {
      if (each.name() == "url") checks.push_back(http_check(checker, at, each));
    }
    if (checks.empty()) checks.push_back(http_check(checker, at, Block{}));
  } else if (name == "TCP_CHECK") {
    checks.push_back({.name = "tcp", .keys = {{"type", text("tcp")}, {"address", text(address)}}});
  } else if (name == "SMTP_CHECK") {
    checks.push_back(
        {.name = "smtp",
         .keys = {{"type", text("tcp")}, {"address", text(address)}, {"expect", text("220 ")}}});
  } else if (name == "DNS_CHECK") {
    const std::string type = checker.value("type");
    const std::string asked = checker.value("name");
    checks.push_back({.name = "dns",
                      .keys = {{"type", text("dns")},
                               {"server", text(address)},
                               {"name", text(asked.empty() ? "." : asked)},
                               {"record", text(type.empty() ? "SOA" : type)}}});
  } else if (name == "MISC_CHECK") {
    checks.push_back(command_check(checker.value("misc_path")));
    const std::string timeout = checker.value("misc_timeout");
    if (!timeout.empty()) add_seconds(checks.back(), "timeout", timeout);
  }
  for (DraftCheck& check : checks) add_timing(checker, server, check);
  return checks;
}

/// A name that no other check of the service has.
void add_check(DraftService& service, DraftCheck check) {
  const std::string wanted = check.name;
  std::size_t number = 2;
  const auto taken = [&] {
    return std::ranges::any_of(service.checks,
                               [&](const auto& each) { return each.name == check.name; });
  };
  while (taken()) check.name = wanted + "-" + std::to_string(number++);
  service.checks.push_back(std::move(check));
}

void take_checkers(const Block& real, const Server& server, DraftService& service) {
  for (const Block& each : real.inside) {
    std::vector<DraftCheck> checks = checks_of(each, server);
    for (DraftCheck& check : checks) add_check(service, std::move(check));
    if (!checks.empty()) continue;
    if (each.name().ends_with("_CHECK")) {
      service.remarks.push_back("no equivalent: " + each.name());
    } else if (each.name().starts_with("notify_")) {
      service.remarks.push_back("no equivalent: " + each.name() +
                                ": a program is told by vipherd-notify@.service");
    } else if (each.name() == "weight") {
      service.remarks.push_back("no equivalent: weight " + each.word(1) +
                                ": `weight` and `weighting` of the service");
    }
  }
}

DraftService& service_of(const std::string& vip, Draft& draft) {
  for (DraftService& each : draft.services) {
    if (std::ranges::find(each.vips, vip) != each.vips.end()) return each;
  }
  draft.services.push_back({.name = free_name(draft.services, "vip-" + vip), .vips = {vip}});
  return draft.services.back();
}

void take_virtual_server(const Block& block, Draft& draft) {
  const auto vip = host_of(block.word(1));
  if (!vip) {
    draft.end_remarks.push_back("no equivalent: " + block.name() + " " + block.word(1) +
                                ": an address is needed");
    return;
  }
  DraftService& service = service_of(*vip, draft);
  for (const auto name : {"lb_algo", "lvs_sched", "lb_kind", "lvs_method", "persistence_timeout",
                          "sorry_server", "quorum"}) {
    const Block* found = block.find(name);
    if (found)
      service.remarks.push_back(std::string("no equivalent: ") + name + " " + found->word(1));
  }
  bool first = true;
  for (const Block& real : block.inside) {
    if (real.name() != "real_server") continue;
    if (!first) {
      service.remarks.push_back("real_server " + real.word(1) +
                                ": another node, with its own vipherd");
      continue;
    }
    first = false;
    take_checkers(real, {*vip, real.word(2), block.value("delay_loop")}, service);
  }
}

}  // namespace

void import_keepalived(const ImportSource& source, Draft& draft) {
  std::istringstream lines(source.text);
  std::vector<Block> blocks;
  read_blocks(lines, blocks, 0);
  for (const Block& block : blocks) {
    if (block.name() == "virtual_server") {
      take_virtual_server(block, draft);
    } else if (block.name().starts_with("vrrp_")) {
      draft.end_remarks.push_back("no equivalent: " + block.name() + " " + block.word(1) +
                                  ": every healthy node announces the VIPs, and routers choose");
    } else if (block.name() == "virtual_server_group" || block.name() == "include") {
      draft.end_remarks.push_back("no equivalent: " + block.name() + " " + block.word(1));
    }
  }
}

}  // namespace vipherd::setup
