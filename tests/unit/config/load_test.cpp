#include "vipherd/config/load.hpp"

#include <gmock/gmock.h>

#include "schemas.hpp"

namespace vipherd::config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }
IpPrefix prefix(std::string_view text) { return IpPrefix::parse(text).value(); }

Loaded parse_files(const std::vector<Source>& sources) {
  return parse(sources, test::schemas(), "host7");
}

std::vector<std::string> errors_of(const std::vector<Source>& sources) {
  std::vector<std::string> texts;
  for (const ConfigError& error : parse_files(sources).errors) texts.push_back(to_string(error));
  return texts;
}

constexpr const char* kFull = R"([node]
name = "lb1"
shutdown_timeout = "3s"
[log]
level = "debug"
[api]
listen = "[::1]:80"
hosts = ["lb1.example.com"]
control_socket = "/run/c"
[frr]
announcer = "zapi"
route_type = "babel"
dialect = "8.4"
protocols = ["bgp"]
zserv_socket = "/run/a"
zebra_vty_socket = "/run/b"
min_change_interval = "250ms"
[vips]
pool = ["10.10.10.0/24", "2001:db8:10::/64"]
route_protocol = 120
detach_delay = "0s"
lease = "30s"
[services.web]
enabled = false
vips = ["10.10.10.10", "2001:db8:10::10/128"]
needs = 1
attach = "always"
tag = 300
metric = 7
fail_open = true
[services.web.damping]
half_life = "30s"
suppress = 2000
reuse = 500
max_hold = "5m"
[services.web.watch]
unit = "nginx@1.service"
pid_file = "/run/nginx.pid"
[services.web.checks.tcp]
type = "tcp"
port = 80
interval = "2s"
fast_interval = "100ms"
down_interval = "5s"
jitter = "200ms"
timeout = "3s"
rise = 1
fall = "3 of 5"
advisory = true
weight = 7
via_vip = true
watch_connection = true
[services.web.checks.page]
type = "http"
url = "http://127.0.0.1/"
method = "HEAD"
status = [200, 204]
headers = ["A: b"]
accept = [200, "2xx"]
follow = true
delay = "5ms"
)";

TEST(Load, AVipMayHaveARouteOfItsOwn) {
  const model::ServiceConfig web = parse_files({{"f", R"(
frr.announcer = "vty"
vips.pool = ["10.10.10.0/24"]
[services.web]
tag = 101
metric = 7
announce = { med = 1, prepend = 2 }
vips = [
  "10.10.10.10",
  { address = "10.10.10.11/32", metric = 20 },
  { address = "10.10.10.12", tag = 300, announce = { med = 5 } },
  { address = "10.10.10.13" },
  { address = "10.10.10.14", tag = 101 },
]
[services.web.checks.tcp]
type = "tcp"
port = 80
)"}}).config->services.at(0);
  EXPECT_EQ(web.vips,
            (std::vector<IpAddress>{ip("10.10.10.10"), ip("10.10.10.11"), ip("10.10.10.12"),
                                    ip("10.10.10.13"), ip("10.10.10.14")}));
  model::RouteAttributes route{101, 7, {.med = 1, .prepend = 2}};
  EXPECT_EQ(web.route_of(ip("10.10.10.10")), route);
  EXPECT_EQ(web.route_of(ip("10.10.10.13")), route);
  EXPECT_EQ(web.own_routes.size(), 2U) << "what is the same is not its own";
  route.metric = 20;
  EXPECT_EQ(web.route_of(ip("10.10.10.11")), route) << "the rest is as the service has it";
  route = {300, 7, {.med = 5, .prepend = 2}};
  EXPECT_EQ(web.route_of(ip("10.10.10.12")), route);
}

TEST(Load, ReadsEveryKey) {
  model::Config expected;
  expected.node = {"lb1", 3s};
  expected.log.level = model::LogLevel::debug;
  expected.api = {SocketAddress{ip("::1"), 80}, {"lb1.example.com"}, "/run/c"};
  expected.frr = {model::Announcer::zapi,
                  model::RouteType::babel,
                  "8.4",
                  {model::Protocol::bgp},
                  "/run/a",
                  "/run/b",
                  250ms};
  expected.vips = {{prefix("10.10.10.0/24"), prefix("2001:db8:10::/64")}, 120, 0s, 30s};
  model::ServiceConfig web;
  web.name = "web";
  web.enabled = false;
  web.vips = {ip("10.10.10.10"), ip("2001:db8:10::10")};
  web.needs = {model::Needs::Mode::count, 1};
  web.attach = model::AttachPolicy::always;
  web.route = {300, 7};
  web.checks = {{"page",
                 "http",
                 {{{"url", std::string("http://127.0.0.1/")},
                   {"method", std::string("HEAD")},
                   {"status", std::vector<std::int64_t>{200, 204}},
                   {"headers", std::vector<std::string>{"A: b"}},
                   {"accept", std::vector<std::string>{"200", "2xx"}},
                   {"follow", true},
                   {"delay", Duration(5ms)}}},
                 1s,
                 250ms,
                 300ms,
                 2,
                 2},
                {"tcp", "tcp", {{{"port", std::int64_t{80}}}}, 2s, 100ms, 3s, 1, 3}};
  web.fail_open = true;
  web.damping = model::Damping{30s, 2000, 500, 5min};
  web.watch.unit = "nginx@1.service";
  web.watch.pid_file = "/run/nginx.pid";
  model::CheckConfig& tcp = web.checks[1];
  tcp.fall_window = 5;
  tcp.down_interval = 5s;
  tcp.jitter = 200ms;
  tcp.refused_decides = false;
  tcp.advisory = true;
  tcp.via_vip = true;
  tcp.watch_connection = true;
  tcp.weight = 7;
  for (const char* vip : {"10.10.10.10", "2001:db8:10::10"}) {
    tcp.vip_targets.push_back({{{"port", std::int64_t{80}}, {"towards", std::string(vip)}}});
    tcp.needed_vips.push_back(IpAddress::parse(vip).value());
  }
  tcp.watch_connections = {{"10.10.10.10:80", "PING 10.10.10.10"},
                           {"[2001:db8:10::10]:80", "PING 2001:db8:10::10"}};
  expected.services = {web};

  EXPECT_THAT(errors_of({{"main", kFull}}), IsEmpty());
  const Loaded loaded = parse_files({{"main", kFull}});
  ASSERT_TRUE(loaded.config.has_value());
  EXPECT_EQ(*loaded.config, expected);
}

constexpr const char* kLeast = R"([vips]
pool = ["10.10.10.0/24"]
[services.web]
vips = ["10.10.10.10"]
[services.web.checks.tcp]
type = "tcp"
port = 80
)";

TEST(Load, ANodeIsCalledAsItsHostButForWhatIsNoName) {
  const auto name_of = [](std::string_view hostname) {
    return parse(std::vector<Source>{{"main", kLeast}}, test::schemas(), hostname)
        .config.value()
        .node.name;
  };
  EXPECT_EQ(name_of(std::string(64, 'h')), std::string(64, 'h'));
  EXPECT_EQ(name_of("lb 1\x1b[31m/x"), "lb-1--31m-x");
  EXPECT_EQ(name_of(""), "localhost");
}

TEST(Load, FillsInTheDefaults) {
  model::Config expected;
  expected.node.name = "host7";
  expected.api.listen = SocketAddress{ip("127.0.0.1"), 21180};
  expected.vips.pool = {prefix("10.10.10.0/24")};
  model::ServiceConfig web;
  web.name = "web";
  web.vips = {ip("10.10.10.10")};
  web.checks = {{"tcp", "tcp", {{{"port", std::int64_t{80}}}}, 1s, 250ms, 300ms, 2, 2}};
  expected.services = {web};

  EXPECT_THAT(errors_of({{"main", kLeast}}), IsEmpty());
  const Loaded loaded = parse_files({{"main", kLeast}});
  ASSERT_TRUE(loaded.config.has_value());
  EXPECT_EQ(*loaded.config, expected);
  // What the example of the documentation promises.
  EXPECT_EQ(expected.frr.min_change_interval, 1s);
  EXPECT_EQ(expected.api.control_socket, "/run/vipherd/control.sock");
}

TEST(Load, TakesAnEmptyControlSocketForNone) {
  const Loaded loaded =
      parse_files({{"main", std::string("[api]\ncontrol_socket = \"\"\n") + kLeast}});
  EXPECT_EQ(loaded.config.value().api.control_socket, "");
}

TEST(Load, TakesAnEmptyListenForNone) {
  const Loaded loaded = parse_files({{"main", std::string("[api]\nlisten = \"\"\n") + kLeast}});
  EXPECT_EQ(loaded.config.value().api.listen, std::nullopt);
}

TEST(Load, KnowsTheNamesOfTheEndpoint) {
  const std::string good = "[api]\nhosts = [\"lb1.example.com\", \"status\"]\n";
  EXPECT_THAT(parse_files({{"main", good + kLeast}}).config.value().api.hosts,
              testing::ElementsAre("lb1.example.com", "status"));
  const std::string bad = "[api]\nhosts = [\"a..b\", \"a:80\", \"a/b\", \"\", \".\", 1]\n";
  EXPECT_THAT(errors_of({{"main", bad + kLeast}}), testing::SizeIs(6));
}

Duration min_change_interval_with(const std::string& frr) {
  return parse_files({{"main", frr + kLeast}}).config.value().frr.min_change_interval;
}

TEST(Load, SpacesChangesOnlyIfOspfIsThere) {
  EXPECT_EQ(min_change_interval_with("[frr]\nprotocols = [\"bgp\"]\n"), 0s);
  EXPECT_EQ(min_change_interval_with("[frr]\nprotocols = [\"ospf\"]\n"), 1s);
  EXPECT_EQ(min_change_interval_with("[frr]\nprotocols = [\"bgp\", \"ospf\"]\n"), 1s);
  EXPECT_EQ(
      min_change_interval_with("[frr]\nprotocols = [\"bgp\"]\nmin_change_interval = \"2s\"\n"), 2s);
}

Duration fast_interval_with(const std::string& line) {
  return parse_files({{"main", kLeast + line}}).config.value().services[0].checks[0].fast_interval;
}

TEST(Load, DerivesTheFastInterval) {
  EXPECT_EQ(fast_interval_with("interval = \"8s\"\n"), 2s);
  EXPECT_EQ(fast_interval_with("interval = \"20ms\"\n"), 10ms);
  EXPECT_EQ(fast_interval_with("interval = \"10ms\"\n"), 10ms);
  EXPECT_EQ(fast_interval_with("fast_interval = \"1s\"\n"), 1s);
}

TEST(Load, MergesFiles) {
  const std::vector<Source> sources{
      {"main", "[vips]\npool = [\"10.10.10.0/24\"]\n[node]\nname = \"a\"\n"},
      {"10", "[services.web]\nvips = [\"10.10.10.1\"]\nchecks.t = {type = \"tcp\", port = 1}\n"},
      {"20",
       "[node]\nshutdown_timeout = \"4s\"\n[services.dns]\nvips = [\"10.10.10.2\"]\nneeds = "
       "\"any\"\nchecks.t = {type = \"tcp\", port = 53}\n"}};
  EXPECT_THAT(errors_of(sources), IsEmpty());
  const Loaded loaded = parse_files(sources);
  ASSERT_TRUE(loaded.config.has_value());
  EXPECT_EQ(loaded.config->node, (model::NodeConfig{"a", 4s}));
  ASSERT_EQ(loaded.config->services.size(), 2u);
  EXPECT_EQ(loaded.config->services[0].name, "dns");
  EXPECT_EQ(loaded.config->services[0].needs.mode, model::Needs::Mode::any);
  EXPECT_EQ(loaded.config->services[1].name, "web");
}

TEST(Load, NamesBothPlacesOfWhatIsSaidTwiceInTwoFiles) {
  const std::vector<Source> sources{
      {"main", std::string("[node]\nname = \"a\"\n") + kLeast},
      {"conf.d/x",
       "[node]\nname = \"b\"\n\n[services.web]\nvips = [\"10.10.10.99\"]\n[services.dns]\nvips = "
       "[\"10.10.10.10\"]\nchecks.t = {type = \"tcp\", port = 1}\n"}};
  EXPECT_THAT(errors_of(sources),
              ElementsAre("conf.d/x:2:1: node.name: defined twice, first at main:2",
                          "conf.d/x:4:11: services.web: defined twice, first at main:5",
                          "conf.d/x:7:9: services.dns.vips: 10.10.10.10 is a VIP of services.web "
                          "already, at main:6"));
}

TEST(Load, ListsErrorsInTheOrderOfTheFiles) {
  const std::vector<Source> sources{{"z", "[node]\nx = 1\n" + std::string(kLeast)},
                                    {"a", "[log]\nlevel = 5\n[api]\nlisten = 1\n"}};
  EXPECT_THAT(
      errors_of(sources),
      ElementsAre("z:2:1: node.x: unknown key",
                  "a:2:9: log.level: expected \"debug\", \"info\", \"warning\" or \"error\", got "
                  "the integer 5",
                  "a:4:10: api.listen: expected an address and port such as \"127.0.0.1:21180\" or "
                  "\"[::1]:21180\", got the integer 1"));
}

TEST(Load, DoesNotCallMissingWhatABrokenFileMayHold) {
  const std::vector<Source> sources{{"main", "[node]\nnam = \"x\"\n"}, {"broken", "[vips\n"}};
  EXPECT_THAT(errors_of(sources),
              ElementsAre("main:2:1: node.nam: unknown key, did you mean \"name\"?",
                          testing::StartsWith("broken:1:6: not valid TOML: ")));
}

TEST(Load, RefusesNoFilesAtAll) { EXPECT_THAT(errors_of({}), testing::SizeIs(1)); }

Salvaged salvaged_from(const std::string& text) {
  const std::vector<Source> sources{{"main", text}};
  return salvage(sources);
}

TEST(Salvage, NeedsNoSoundConfigurationForTheRouteProtocol) {
  EXPECT_EQ(salvaged_from("[vips]\nroute_protocol = 120\nbad = 1\n").route_protocol, 120);
  EXPECT_FALSE(salvaged_from("[node]\n").route_protocol.has_value());
  EXPECT_FALSE(salvaged_from("[node]\n").uncertain);
  EXPECT_FALSE(salvaged_from("[vips]\nroute_protocol = 4\n").route_protocol.has_value());
  EXPECT_TRUE(salvaged_from("[vips]\nroute_protocol = 4\n").uncertain);
  EXPECT_TRUE(salvaged_from("[vips\n").uncertain);
}

TEST(Salvage, FindsTheSocketsOfFrrAndOfTheAgent) {
  const Salvaged salvaged = salvaged_from(
      "[frr]\nzserv_socket = \"/a\"\nannouncer = 1\n[api]\ncontrol_socket = \"/b/c\"\n[vips]\n"
      "detach_delay = \"3s\"\npool = 1\n[nonsense]\n");
  EXPECT_EQ(salvaged.frr.zserv_socket, "/a");
  EXPECT_EQ(salvaged.api.control_socket, "/b/c");
  EXPECT_EQ(salvaged.detach_delay, 3s);
}

TEST(Salvage, DoesWithTheFilesThatCanBeParsed) {
  const std::vector<Source> sources{{"main", "[vips\n"},
                                    {"more", "[vips]\nroute_protocol = 120\n"}};
  EXPECT_EQ(salvage(sources).route_protocol, 120);
}

}  // namespace
}  // namespace vipherd::config
