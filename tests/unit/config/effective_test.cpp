#include "vipherd/config/effective.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <regex>

#include "config/tables/all_tables.hpp"
#include "vipherd/config/load.hpp"
#include "vipherd/probe/kinds.hpp"

namespace vipherd::config {
namespace {

using testing::HasSubstr;
using testing::Not;

std::vector<Source> sources(const std::string& text) { return {{"v.toml", text}}; }

model::Config load(const std::vector<Source>& files) {
  const Loaded loaded = parse(files, probe::check_schemas(), "lb1");
  for (const ConfigError& error : loaded.errors) ADD_FAILURE() << to_string(error);
  return loaded.config.value_or(model::Config{});
}

constexpr const char* kSmall = R"([vips]
pool = ["10.10.10.0/24"]
[services.web]
vips = ["10.10.10.10"]
checks.tcp = {type = "tcp", address = "127.0.0.1:1"}
)";

/// Every key that can be there, in three files with what one announcer alone takes.
const std::vector<std::string> kAll{kSmall,
                                    R"([node]
name = "lb1"
shutdown_timeout = "12.3456s"
weight = 50
state_file = ""
[log]
level = "debug"
[api]
listen = "[::1]:9"
hosts = ["lb1.example.com"]
control_socket = ""
[frr]
announcer = "vty"
protocols = ["ospf", "bgp"]
min_change_interval = "2s"
reach_deadline = "11s"
[vips]
pool = ["10.10.10.0/24", "2001:db8::/64"]
route_protocol = 119
detach_delay = "1.5ms"
lease = "7s"
[services."a.b"]
vips = ["10.10.10.10", { address = "2001:db8::1", tag = 101, metric = 7, announce.med = 3 }]
needs = 1
attach = "always"
tag = 99
metric = 5
announce = { med = 1, communities = ["65001:1", "no-export"], large_communities = ["1:2:3"], prepend = 2 }
drain = { hold = "1s", timeout = "0s", tag = 201, metric = 9, med = 8, communities = [], prepend = 3 }
weight = 30
weighting = "metric"
weigh_health = true
on_all_down = "hold"
guard.min_announcers = 2
fail_open = true
damping = { half_life = "90s", suppress = 4000, reuse = 1500, max_hold = "1h" }
watch = { unit = "nginx.service", pid_file = "/run/nginx.pid" }
[services."a.b".checks.http]
type = "http"
url = "http://127.0.0.1:8080/\"quoted\"\\"
headers = ["X-A: 1"]
interval = "2s"
fast_interval = "1.25s"
down_interval = "1h"
jitter = "1ns"
timeout = "1h"
rise = 1
fall = "3 of 5"
weight = 3
watch_connection = true
[services."a.b".checks.via]
type = "tcp"
address = "127.0.0.1:80"
via_vip = true
fall = 1
advisory = true
[relay]
siblings = ["192.168.100.2", "2001:db8::2"]
interfaces = ["eth1"]
key_file = "/etc/vipherd/relay.key"
[services.off]
enabled = false
vips = ["10.10.10.11"]
needs = "any"
checks.c = { type = "exec", command = ["/bin/true", "5"] }
)",
                                    R"([frr]
announcer = "connected"
protocols = ["bgp"]
[vips]
pool = ["10.10.10.0/24"]
[services.web]
vips = ["10.10.10.10"]
[services.web.checks.dns]
type = "dns"
server = "127.0.0.1:53"
name = "example.com"
fall = 2
)"};

TEST(EffectiveConfig, LoadsToTheSameConfiguration) {
  for (const std::string& text : kAll) {
    const model::Config config = load(sources(text));
    const std::string printed = render_effective(effective_values(config, sources(text)), true);
    EXPECT_EQ(load(sources(printed)), config) << printed;
    const std::string given = render_effective(effective_values(config, sources(text)), false);
    EXPECT_EQ(load(sources(given)), config) << given;
  }
}

TEST(EffectiveConfig, HasEveryKey) {
  std::string text;
  for (const std::string& each : kAll) {
    text += render_effective(effective_values(load(sources(each)), sources(each)), true);
  }
  for (const TableText& section : all_tables()) {
    if (section.title == "[render]") continue;  // of no meaning to the agent
    for (const auto& [key, type, meaning, preset] : section.keys) {
      if (section.title == "[services.NAME.checks.NAME]" && key == "vrf") continue;  // if given
      EXPECT_TRUE(std::regex_search(text, std::regex("\\b" + key + "\\b")))
          << section.title << " " << key;
    }
  }
}

TEST(EffectiveConfig, SoDoesTheExample) {
  const char* root = std::getenv("VIPHERD_SOURCE");
  for (const char* name : {"deploy/vipherd.toml", "deploy/examples/dns/vipherd.toml"}) {
    std::ifstream file(std::string(root ? root : ".") + "/" + name);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const model::Config config = load(sources(text));
    const std::string printed = render_effective(effective_values(config, sources(text)), true);
    EXPECT_EQ(load(sources(printed)), config) << printed;
  }
}

TEST(EffectiveConfig, TellsWhereEachValueComesFrom) {
  std::vector<Source> files = sources(kSmall);
  files.push_back({"conf.d/x.toml", R"(
[vips]
lease = "7s"
[services.dns]
vips = ["10.10.10.53"]
checks.a.type = "tcp"
checks.a.address = "127.0.0.1:2"
)"});
  const std::string text = std::regex_replace(
      render_effective(effective_values(load(files), files), true), std::regex(" +"), " ");
  EXPECT_THAT(text, HasSubstr("\n[vips]\npool = [\"10.10.10.0/24\"] # v.toml:2\n"
                              "route_protocol = 118 # default\n"
                              "detach_delay = \"1s\" # default\n"
                              "lease = \"7s\" # conf.d/x.toml:3\n"));
  EXPECT_THAT(text, HasSubstr("[services.dns.checks.a]\n"
                              "type = \"tcp\" # conf.d/x.toml:6\n"
                              "address = \"127.0.0.1:2\" # conf.d/x.toml:7\n"));
  EXPECT_THAT(text, HasSubstr("# fall = 2 # default: and one refused connection is enough, "
                              "unless fall is given\n"));
}

TEST(EffectiveConfig, LeavesDefaultsOutUnlessTheyAreAskedFor) {
  const std::string text =
      render_effective(effective_values(load(sources(kSmall)), sources(kSmall)), false);
  EXPECT_THAT(text, Not(HasSubstr("default")));
  EXPECT_THAT(text, testing::StartsWith("[vips]\npool = "));
}

}  // namespace
}  // namespace vipherd::config
