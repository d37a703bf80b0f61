// Files that are wrong, each with all that must be said about it.
#include <gmock/gmock.h>

#include "schemas.hpp"
#include "vipherd/config/load.hpp"

namespace vipherd::config {
namespace {

/// Lines 1 to 9 of most files: sound, so that every further error is the file's own.
const std::string kSound = R"([vips]
pool = ["10.10.10.0/24", "2001:db8:10::/64"]
[services.web]
vips = ["10.10.10.10"]
[services.web.checks.tcp]
type = "tcp"
port = 80


)";

struct BadFile {
  std::string name;
  std::string text;
  std::vector<std::string> errors;
};

void PrintTo(const BadFile& file, std::ostream* out) { *out << file.name; }

class Errors : public testing::TestWithParam<BadFile> {};

TEST_P(Errors, AreAllListed) {
  const std::vector<Source> sources{{"f", GetParam().text}};
  const Loaded loaded = parse(sources, test::schemas(), "host7");
  std::vector<std::string> texts;
  for (const ConfigError& error : loaded.errors) texts.push_back(to_string(error));
  EXPECT_THAT(texts, testing::ElementsAreArray(GetParam().errors));
  EXPECT_FALSE(loaded.config.has_value());
}

std::string name_of(const testing::TestParamInfo<BadFile>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(
    Syntax, Errors,
    testing::Values(
        BadFile{"Empty",
                "",
                {"f:1:1: vips: has no pool, expected pool = [\"10.10.10.0/24\", ...]: nothing "
                 "outside it is ever announced",
                 "f:1:1: services: there is no service, expected a table [services.NAME]"}},
        BadFile{"BareDuration",
                "[node]\nshutdown_timeout = 5s\n",
                {"f:2:21: not valid TOML: Error while parsing decimal integer: expected digit, saw "
                 "'s'"}},
        BadFile{"KeyTwice",
                "[node]\nname = \"a\"\nname = \"b\"\n",
                {"f:3:8: not valid TOML: Error while parsing key-value pair: cannot redefine "
                 "existing string 'name'"}},
        BadFile{"ServiceTwice",
                kSound + "[services.web]\n",
                {"f:10:1: not valid TOML: Error while parsing table header: cannot redefine "
                 "existing table 'services.web'"}},
        BadFile{"NotUtf8",
                "[node]\nname = \"\xff\"\n",
                {"f:2:8: not valid TOML: Encountered invalid utf-8 sequence"}},
        BadFile{"ControlCharactersAreNotRepeated",
                "[node]\nname = f\n",
                {"f:2:9: not valid TOML: Error while parsing boolean: expected 'false', saw "
                 "'f?'"}},
        BadFile{"SectionIsNoTable",
                kSound + "[[node]]\n[[log]]\n",
                {"f:10:1: node: expected a table [node], got an array",
                 "f:11:1: log: expected a table [log], got an array"}}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    UnknownKeys, Errors,
    testing::Values(
        BadFile{
            "Everywhere",
            "nodes = 1\nunrelated = 2\n[node]\nnam = \"x\"\n[log]\nLevel = \"info\"\n[api]\n"
            "port = 1\n[frr]\nroute-type = \"babel\"\n" +
                kSound + "vip = 1\n[vips.pools]\n[services.web.check.x]\n",
            {"f:1:1: nodes: unknown key, did you mean \"node\"?", "f:2:1: unrelated: unknown key",
             "f:4:1: node.nam: unknown key, did you mean \"name\"?",
             "f:6:1: log.Level: unknown key, did you mean \"level\"?",
             "f:8:1: api.port: unknown key",
             "f:10:1: frr.route-type: unknown key, did you mean \"route_type\"?",
             "f:20:1: services.web.checks.tcp.vip: unknown key",
             "f:21:7: vips.pools: unknown key, did you mean \"pool\"?",
             "f:22:15: services.web.check: unknown key, did you mean \"checks\"?"}},
        BadFile{"OfAKindOfCheck",
                kSound + "prot = 5\nurl = \"http://x/\"\n",
                {"f:10:1: services.web.checks.tcp.prot: unknown key, did you mean \"port\"?",
                 "f:11:1: services.web.checks.tcp.url: unknown key"}}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Node, Errors,
    testing::Values(
        BadFile{"Types",
                kSound + "[node]\nname = 5\nshutdown_timeout = 10\n[log]\nlevel = true\n[api]\n"
                         "listen = 21180\n",
                {"f:11:8: node.name: expected a name of 1 to 64 letters, digits, '.', '_' and '-', "
                 "got the integer 5",
                 "f:12:20: node.shutdown_timeout: expected a duration with its unit such as "
                 "\"300ms\" (100ms to 10m), got the integer 10",
                 "f:14:9: log.level: expected \"debug\", \"info\", \"warning\" or \"error\", got "
                 "true",
                 "f:16:10: api.listen: expected an address and port such as \"127.0.0.1:21180\" or "
                 "\"[::1]:21180\", got the integer 21180"}},
        BadFile{"Values",
                kSound + "[node]\nname = \"two words\"\nshutdown_timeout = \"1h\"\n[log]\n"
                         "level = \"verbose\"\n[api]\nlisten = \"::1:21180\"\n",
                {"f:11:8: node.name: expected a name of 1 to 64 letters, digits, '.', '_' and '-', "
                 "got the string \"two words\"",
                 "f:12:20: node.shutdown_timeout: expected a duration of 100ms to 10m, got \"1h\"",
                 "f:14:9: log.level: expected \"debug\", \"info\", \"warning\" or \"error\", got "
                 "the string \"verbose\"",
                 "f:16:10: api.listen: expected an address and port such as \"127.0.0.1:21180\" or "
                 "\"[::1]:21180\", got the string \"::1:21180\""}},
        BadFile{"Unit",
                kSound + "[node]\nshutdown_timeout = \"10\"\n",
                {"f:11:20: node.shutdown_timeout: expected a duration such as \"300ms\", \"1.5s\" "
                 "or \"2m\", got \"10\""}}),
    name_of);

constexpr const char* kEndpoint =
    "api.listen: expected an address and port such as \"127.0.0.1:21180\" or \"[::1]:21180\", got "
    "the string ";

BadFile bad_endpoint(const std::string& name, const std::string& listen) {
  return {name,
          kSound + "[api]\nlisten = \"" + listen + "\"\n",
          {"f:11:10: " + std::string(kEndpoint) + "\"" + listen + "\""}};
}

INSTANTIATE_TEST_SUITE_P(Api, Errors,
                         testing::Values(bad_endpoint("NoPort", "127.0.0.1"),
                                         bad_endpoint("PortZero", "127.0.0.1:0"),
                                         bad_endpoint("PortTooLarge", "127.0.0.1:65536"),
                                         bad_endpoint("PortWithTail", "127.0.0.1:80x"),
                                         bad_endpoint("Name", "localhost:80"),
                                         bad_endpoint("BracketedV4", "[127.0.0.1]:80"),
                                         bad_endpoint("Spaces", " ")),
                         name_of);

INSTANTIATE_TEST_SUITE_P(
    ControlSocket, Errors,
    testing::Values(
        BadFile{
            "Relative",
            kSound + "[api]\ncontrol_socket = \"control.sock\"\n",
            {"f:11:18: api.control_socket: expected the absolute path of a socket, of at most 107 "
             "characters, got the string \"control.sock\""}},
        BadFile{
            "NoText",
            kSound + "[api]\ncontrol_socket = false\n",
            {"f:11:18: api.control_socket: expected the absolute path of a socket, of at most 107 "
             "characters, got false"}}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Frr, Errors,
    testing::Values(
        BadFile{"RouteType",
                kSound + "[frr]\nannouncer = \"vty\"\nroute_type = \"bgp\"\n",
                {"f:12:14: frr.route_type: expected \"openfabric\" or \"babel\", got the string "
                 "\"bgp\""}},
        BadFile{"DialectOfNoVersion",
                kSound + "[frr]\ndialect = \"10.71\"\n",
                {"f:11:11: frr.dialect: expected a version of FRR, one of \"7.5\", \"8.0\", "
                 "\"8.1\", \"8.2\", \"8.3\", \"8.4\", \"8.5\", \"9.0\", \"9.1\", \"10.0\", "
                 "\"10.1\", \"10.2\", \"10.3\", \"10.4\", \"10.5\", \"10.6\", \"10.7\", got the "
                 "string \"10.71\""}},
        BadFile{"DialectThatIsANumber",
                kSound + "[frr]\ndialect = 8.4\n",
                {"f:11:11: frr.dialect: expected a version of FRR, one of \"7.5\", \"8.0\", "
                 "\"8.1\", \"8.2\", \"8.3\", \"8.4\", \"8.5\", \"9.0\", \"9.1\", \"10.0\", "
                 "\"10.1\", \"10.2\", \"10.3\", \"10.4\", \"10.5\", \"10.6\", \"10.7\", got a "
                 "number with a fraction"}},
        BadFile{"Protocols",
                kSound + "[frr]\nprotocols = [\"bgp\", \"isis\", 5, \"bgp\"]\n",
                {"f:11:21: frr.protocols: expected \"bgp\" or \"ospf\", got the string \"isis\"",
                 "f:11:29: frr.protocols: expected \"bgp\" or \"ospf\", got the integer 5",
                 "f:11:32: frr.protocols: \"bgp\" is listed twice"}},
        BadFile{"NoProtocols",
                kSound + "[frr]\nprotocols = []\n",
                {"f:11:13: frr.protocols: expected an array of \"bgp\", \"ospf\" or both, got an "
                 "empty one"}},
        BadFile{"OneProtocolIsNoArray",
                kSound + "[frr]\nprotocols = \"bgp\"\n",
                {"f:11:13: frr.protocols: expected an array of \"bgp\", \"ospf\" or both, got the "
                 "string \"bgp\""}},
        BadFile{"Sockets",
                kSound + "[frr]\nzserv_socket = \"zserv.api\"\nzebra_vty_socket = \"/" +
                    std::string(107, 'x') + "\"\nmin_change_interval = \"2m\"\n",
                {"f:11:16: frr.zserv_socket: expected the absolute path of a socket, of at most "
                 "107 characters, got the string \"zserv.api\"",
                 "f:12:20: frr.zebra_vty_socket: expected the absolute path of a socket, of at "
                 "most 107 characters, got the string \"/" +
                     std::string(59, 'x') + "...\"",
                 "f:13:23: frr.min_change_interval: expected a duration of 0s to 1m, got "
                 "\"2m\""}}),
    name_of);

/// The sound services with another [vips].
std::string with_vips(const std::string& vips) {
  return "[vips]\n" + vips + "\n" + kSound.substr(kSound.find("[services"));
}

INSTANTIATE_TEST_SUITE_P(
    Vips, Errors,
    testing::Values(
        BadFile{"NoPool",
                with_vips("detach_delay = \"1s\""),
                {"f:1:2: vips: has no pool, expected pool = [\"10.10.10.0/24\", ...]: nothing "
                 "outside it is ever announced"}},
        BadFile{"Lease",
                with_vips("pool = [\"10.10.10.0/24\"]\nlease = \"1s\""),
                {"f:3:9: vips.lease: expected a duration of 2s to 1h, got \"1s\""}},
        BadFile{"LeaseInParts",
                with_vips("pool = [\"10.10.10.0/24\"]\nlease = \"2500ms\""),
                {"f:3:9: vips.lease: expected whole seconds, got 2.5s"}},
        BadFile{"EmptyPool",
                with_vips("pool = []"),
                {"f:2:8: vips.pool: expected an array of prefixes such as [\"10.10.10.0/24\"], got "
                 "an empty one"}},
        BadFile{"PoolIsText",
                with_vips("pool = \"10.10.10.0/24\""),
                {"f:2:8: vips.pool: expected an array of prefixes such as [\"10.10.10.0/24\"], got "
                 "the string \"10.10.10.0/24\""}},
        BadFile{"PoolPrefixes",
                with_vips("pool = [\"10.10.10.1/24\", \"10.0.0.0/33\", \"x\", \"0.0.0.0/0\",\n"
                          "  \"127.0.0.0/8\", \"fe80::/64\", 5, \"10.1.0.0/16\", \"10.1.0.0/16\"]"),
                {"f:2:9: vips.pool: prefix \"10.10.10.1/24\" has bits set after its length",
                 "f:2:26: vips.pool: expected a prefix length of 0 to 32 in \"10.0.0.0/33\"",
                 "f:2:41: vips.pool: expected a prefix such as \"10.10.10.0/24\", got \"x\"",
                 "f:2:46: vips.pool: expected a prefix that limits what may be announced, got "
                 "\"0.0.0.0/0\"",
                 "f:3:3: vips.pool: expected a prefix that routers carry, got \"127.0.0.0/8\" "
                 "(loopback)",
                 "f:3:18: vips.pool: expected a prefix that routers carry, got \"fe80::/64\" "
                 "(link-local)",
                 "f:3:31: vips.pool: expected a prefix such as \"10.10.10.0/24\", got the integer "
                 "5",
                 "f:3:49: vips.pool: \"10.1.0.0/16\" is listed twice"}},
        BadFile{"RouteProtocolOfTheKernel",
                with_vips("pool = [\"10.10.10.0/24\"]\nroute_protocol = 4\ndetach_delay = \"2m\""),
                {"f:3:18: vips.route_protocol: expected a protocol number of 19 to 255 that no "
                 "other program uses, got 4, which belongs to the kernel and well-known daemons",
                 "f:4:16: vips.detach_delay: expected a duration of 0s to 1m, got \"2m\""}},
        BadFile{"RouteProtocolOfFrr",
                with_vips("pool = [\"10.10.10.0/24\"]\nroute_protocol = 186"),
                {"f:3:18: vips.route_protocol: expected a protocol number of 19 to 255 that no "
                 "other program uses, got 186, which belongs to FRR's daemons"}},
        BadFile{"RouteProtocolOfBabel",
                with_vips("pool = [\"10.10.10.0/24\"]\nroute_protocol = 42"),
                {"f:3:18: vips.route_protocol: expected a protocol number of 19 to 255 that no "
                 "other program uses, got 42, which belongs to babel"}},
        BadFile{"RouteProtocolTooLarge",
                with_vips("pool = [\"10.10.10.0/24\"]\nroute_protocol = 256"),
                {"f:3:18: vips.route_protocol: expected a protocol number of 19 to 255 that no "
                 "other program uses, got the integer 256"}}),
    name_of);

/// The sound pool with other services from line 3 on.
std::string with_services(const std::string& services) {
  return kSound.substr(0, kSound.find("[services")) + services;
}
const std::string kTcp = "checks.t = {type = \"tcp\", port = 1}\n";

INSTANTIATE_TEST_SUITE_P(
    Services, Errors,
    testing::Values(
        BadFile{"None",
                with_services("[services]\n"),
                {"f:3:2: services: there is no service, expected a table [services.NAME]"}},
        BadFile{"NoTable",
                with_services("[services]\nweb = 1\n"),
                {"f:4:7: services.web: expected a table [services.web], got the integer 1"}},
        BadFile{"NoVipsNoChecks",
                with_services("[services.web]\n[services.dns]\nvips = []\nchecks = {}\n"),
                {"f:3:11: services.web: has no vips, expected vips = [\"10.10.10.10\", ...]",
                 "f:3:11: services.web: has no checks, expected a table [services.web.checks.NAME]",
                 "f:4:11: services.dns: has no checks, expected a table [services.dns.checks.NAME]",
                 "f:5:8: services.dns.vips: expected an array of addresses such as "
                 "[\"10.10.10.10\"], got an empty one"}},
        BadFile{"Name",
                with_services("[services.\"a b\"]\nvips = [\"10.10.10.1\"]\n" + kTcp),
                {"f:3:11: services.a b: expected a name of 1 to 64 letters, digits, '.', '_' and "
                 "'-'"}},
        BadFile{"Types",
                with_services("[services.web]\nvips = \"10.10.10.1\"\nenabled = \"yes\"\n"
                              "needs = 1.5\nattach = 1\ntag = \"x\"\nmetric = -1\nchecks = 5\n"),
                {"f:4:8: services.web.vips: expected an array of addresses such as "
                 "[\"10.10.10.10\"], got the string \"10.10.10.1\"",
                 "f:5:11: services.web.enabled: expected true or false, got the string \"yes\"",
                 "f:6:9: services.web.needs: expected \"all\", \"any\" or a number of checks, got "
                 "a number with a fraction",
                 "f:7:10: services.web.attach: expected \"when-up\" or \"always\", got the integer "
                 "1",
                 "f:8:7: services.web.tag: expected an integer of 1 to 4294967295, got the string "
                 "\"x\"",
                 "f:9:10: services.web.metric: expected an integer of 0 to 4294967295, got the "
                 "integer -1",
                 "f:10:10: services.web.checks: expected a table [services.web.checks], got the "
                 "integer 5"}},
        BadFile{"Values",
                with_services("[services.web]\nvips = [\"10.10.10.1\"]\nneeds = \"most\"\n"
                              "attach = \"never\"\ntag = 200\nmetric = 4294967296\n" +
                              kTcp),
                {"f:5:9: services.web.needs: expected \"all\", \"any\" or a number of checks, got "
                 "the string \"most\"",
                 "f:6:10: services.web.attach: expected \"when-up\" or \"always\", got the string "
                 "\"never\"",
                 "f:7:7: services.web.tag: the tag 200 is reserved for draining, expected another "
                 "one",
                 "f:8:10: services.web.metric: expected an integer of 0 to 4294967295, got the "
                 "integer 4294967296"}},
        BadFile{"VipsOfTheirOwn",
                with_services("[services.web]\nweighting = \"bandwidth\"\nvips = [\n"
                              "{ address = \"10.10.10.1\", tag = 200, metrics = 1 },\n"
                              "{ address = \"10.10.11.1\" },\n"
                              "{ tag = 5 },\n"
                              "{ address = \"10.10.10.1\" },\n"
                              "{ address = \"10.10.10.4\", tag = 195, announce = 1 },\n"
                              "{ address = 5 }, 7]\n" +
                              kTcp),
                {"f:6:33: services.web.vips.tag: the tag 200 is reserved for draining, expected "
                 "another one",
                 "f:6:38: services.web.vips.metrics: unknown key, did you mean \"metric\"?",
                 "f:7:13: services.web.vips.address: expected an address of the pool (vips.pool), "
                 "got 10.10.11.1",
                 "f:8:1: services.web.vips: has no address, expected { address = \"10.10.10.10\", "
                 "... }",
                 "f:9:1: services.web.vips: 10.10.10.1 is a VIP of services.web already, at f:6",
                 "f:10:1: services.web.vips: announces with the tags 195 to 205, which drain.tag "
                 "(200) has to differ from",
                 "f:10:49: services.web.vips.announce: expected a table "
                 "[services.web.vips.announce], got the integer 1",
                 "f:11:13: services.web.vips.address: expected an address such as "
                 "\"10.10.10.10\", got the integer 5",
                 "f:11:18: services.web.vips: expected an address such as \"10.10.10.10\", got "
                 "the integer 7"}},
        BadFile{"NeedsTooMany",
                with_services("[services.web]\nvips = [\"10.10.10.1\"]\nneeds = 2\n" + kTcp +
                              "[services.dns]\nvips = [\"10.10.10.2\"]\nneeds = 0\n" + kTcp),
                {"f:5:9: services.web.needs: expected at most the number of checks, 1, got 2",
                 "f:9:9: services.dns.needs: expected \"all\", \"any\" or a number of checks of at "
                 "least 1, got the integer 0"}},
        BadFile{"NeedsMoreThanDecide",
                with_services("[services.web]\nvips = [\"10.10.10.1\"]\nneeds = 2\n" + kTcp +
                              "checks.b = {type = \"tcp\", port = 1, advisory = true}\n"),
                {"f:5:9: services.web.needs: expected at most the number of checks, 1 without the "
                 "advisory ones, got 2"}},
        BadFile{"OnlyAdvisory",
                with_services("[services.web]\nvips = [\"10.10.10.1\"]\n"
                              "checks.b = {type = \"tcp\", port = 1, advisory = true}\n"),
                {"f:3:11: services.web: has only advisory checks, expected one that decides"}},
        BadFile{"Damping",
                with_services("[services.web]\nvips = [\"10.10.10.1\"]\n" + kTcp +
                              "damping = {reuse = 4000, half_time = \"1s\"}\n"
                              "[services.dns]\nvips = [\"10.10.10.2\"]\n" +
                              kTcp + "damping = {max_hold = \"1m\"}\n"),
                {"f:6:20: services.web.damping.reuse: expected reuse (4000) to be less than "
                 "suppress (3000)",
                 "f:6:26: services.web.damping.half_time: unknown key, did you mean "
                 "\"half_life\"?",
                 "f:10:23: services.dns.damping.max_hold: expected a max_hold of at least 96s, in "
                 "which the penalty decays from suppress to reuse, got 1m"}},
        BadFile{"Watch",
                with_services("[services.web]\nvips = [\"10.10.10.1\"]\n" + kTcp +
                              "watch = {unit = \"nginx\", pid_file = \"nginx.pid\"}\n"
                              "[services.dns]\nvips = [\"10.10.10.2\"]\nwatch = {}\n" +
                              kTcp),
                {"f:6:17: services.web.watch.unit: expected the name of a systemd unit such as "
                 "\"nginx.service\", got the string \"nginx\"",
                 "f:6:37: services.web.watch.pid_file: expected the absolute path of a file, got "
                 "the string \"nginx.pid\"",
                 "f:9:1: services.dns.watch: has nothing to watch, expected unit or pid_file"}},
        BadFile{
            "Streaks",
            with_services("[services.web]\nvips = [\"10.10.10.1\"]\n"
                          "checks.a = {type = \"tcp\", port = 1, fall = \"3 of\"}\n"
                          "checks.b = {type = \"tcp\", port = 1, fall = \"5 of 3\"}\n"
                          "checks.c = {type = \"tcp\", port = 1, fall = \"3 of 65\"}\n"
                          "checks.d = {type = \"tcp\", port = 1, jitter = \"2s\"}\n"
                          "checks.e = {type = \"http\", url = \"http://a/\", via_vip = true}\n"),
            {"f:5:44: services.web.checks.a.fall: expected a number of failures in a row, or a "
             "text such as \"3 of 5\", got the string \"3 of\"",
             "f:6:44: services.web.checks.b.fall: expected 1 to 64 failures of as many results "
             "or more, up to 64, got \"5 of 3\"",
             "f:7:44: services.web.checks.c.fall: expected 1 to 64 failures of as many results "
             "or more, up to 64, got \"3 of 65\"",
             "f:8:46: services.web.checks.d.jitter: expected at most the interval (1s), got 2s",
             "f:9:57: services.web.checks.e.via_vip: a check of type \"http\" connects to "
             "nothing"}},
        BadFile{"TagZero",
                with_services("[services.web]\nvips = [\"10.10.10.1\"]\ntag = 0\n" + kTcp),
                {"f:5:7: services.web.tag: expected an integer of 1 to 4294967295, got the integer "
                 "0"}}),
    name_of);

std::string with_vip_list(const std::string& list) {
  return with_services("[services.web]\nvips = [\n" + list + "]\n" + kTcp);
}

INSTANTIATE_TEST_SUITE_P(
    ServiceVips, Errors,
    testing::Values(
        BadFile{"NoAddresses",
                with_vip_list("5,\n\"web.example\",\n\"10.10.10.1:80\",\n\"\",\n\"10.10.10.1 \"\n"),
                {"f:5:1: services.web.vips: expected an address such as \"10.10.10.10\", got the "
                 "integer 5",
                 "f:6:1: services.web.vips: expected an IPv4 or IPv6 address, got \"web.example\"",
                 "f:7:1: services.web.vips: expected an IPv4 or IPv6 address, got "
                 "\"10.10.10.1:80\"",
                 "f:8:1: services.web.vips: expected an IPv4 or IPv6 address, got \"\"",
                 "f:9:1: services.web.vips: expected an IPv4 or IPv6 address, got "
                 "\"10.10.10.1 \""}},
        BadFile{"NulInAnAddress",
                with_vip_list("\"10.10.10.1\\u0000x\"\n"),
                {"f:5:1: services.web.vips: expected an address, got text with a NUL in it"}},
        BadFile{"NoHostRoutes",
                with_vip_list("\"10.10.10.0/24\",\n\"2001:db8:10::/64\",\n\"10.10.10.7/33\",\n"
                              "\"10.10.10.1/32\",\n\"10.10.10.2/032\"\n"),
                {"f:5:1: services.web.vips: expected a host route, that is an address alone or "
                 "with /32, got \"10.10.10.0/24\"",
                 "f:6:1: services.web.vips: expected a host route, that is an address alone or "
                 "with /128, got \"2001:db8:10::/64\"",
                 "f:7:1: services.web.vips: expected a host route, that is an address alone or "
                 "with /32, got \"10.10.10.7/33\"",
                 "f:9:1: services.web.vips: expected a host route, that is an address alone or "
                 "with /32, got \"10.10.10.2/032\""}},
        BadFile{"OutsideThePool",
                with_vip_list("\"10.10.11.1\",\n\"2001:db8:11::1\"\n"),
                {"f:5:1: services.web.vips: expected an address of the pool (vips.pool), got "
                 "10.10.11.1",
                 "f:6:1: services.web.vips: expected an address of the pool (vips.pool), got "
                 "2001:db8:11::1"}},
        BadFile{
            "NotAnnounceable",
            with_vip_list("\"127.0.0.1\",\n\"224.0.0.5\",\n\"169.254.1.1\",\n\"0.0.0.0\",\n"
                          "\"255.255.255.255\",\n\"::1\",\n\"::\",\n\"fe80::1\",\n\"ff02::5\",\n"
                          "\"::ffff:10.10.10.1\"\n"),
            {"f:5:1: services.web.vips: expected an address that can be announced, got "
             "127.0.0.1 (loopback)",
             "f:6:1: services.web.vips: expected an address that can be announced, got "
             "224.0.0.5 (multicast)",
             "f:7:1: services.web.vips: expected an address that can be announced, got "
             "169.254.1.1 (link-local)",
             "f:8:1: services.web.vips: expected an address that can be announced, got 0.0.0.0 "
             "(unspecified)",
             "f:9:1: services.web.vips: expected an address that can be announced, got "
             "255.255.255.255 (reserved)",
             "f:10:1: services.web.vips: expected an address that can be announced, got ::1 "
             "(loopback)",
             "f:11:1: services.web.vips: expected an address that can be announced, got :: "
             "(unspecified)",
             "f:12:1: services.web.vips: expected an address that can be announced, got fe80::1 "
             "(link-local)",
             "f:13:1: services.web.vips: expected an address that can be announced, got ff02::5 "
             "(multicast)",
             "f:14:1: services.web.vips: expected an address that can be announced, got "
             "::ffff:10.10.10.1 (IPv4-mapped)"}},
        BadFile{
            "Twice",
            with_services("[services.web]\nvips = [\"10.10.10.1\",\n \"10.10.10.1/32\"]\n" + kTcp +
                          "[services.dns]\nvips = [\"2001:db8:10::1\",\n"
                          "\"2001:DB8:10:0::1\", \"10.10.10.1\"]\n" +
                          kTcp),
            {"f:5:2: services.web.vips: 10.10.10.1 is a VIP of services.web already, at f:4",
             "f:9:1: services.dns.vips: 2001:db8:10::1 is a VIP of services.dns already, at "
             "f:8",
             "f:9:21: services.dns.vips: 10.10.10.1 is a VIP of services.web already, at "
             "f:4"}}),
    name_of);

std::string with_check(const std::string& check) {
  return with_services("[services.web]\nvips = [\"10.10.10.1\"]\n[services.web.checks.c]\n" +
                       check);
}

INSTANTIATE_TEST_SUITE_P(
    Checks, Errors,
    testing::Values(
        BadFile{"NoType",
                with_check("port = 80\n"),
                {"f:5:22: services.web.checks.c: has no type, expected type = \"http\" or "
                 "\"tcp\""}},
        BadFile{"UnknownType",
                with_check("type = \"icmp\"\nanything = 1\nrise = 0\n"),
                {"f:6:8: services.web.checks.c.type: expected \"http\" or \"tcp\", got the string "
                 "\"icmp\"",
                 "f:8:8: services.web.checks.c.rise: expected an integer of 1 to 1000, got the "
                 "integer 0"}},
        BadFile{"NoTable",
                with_services("[services.web]\nvips = [\"10.10.10.1\"]\n[services.web.checks]\n"
                              "tcp = 80\n\"a/b\" = {type = \"tcp\", port = 1}\n"),
                {"f:6:7: services.web.checks.tcp: expected a table [services.web.checks.tcp], got "
                 "the integer 80",
                 "f:7:1: services.web.checks.a/b: expected a name of 1 to 64 letters, digits, '.', "
                 "'_' and '-'"}},
        BadFile{"RequiredSetting",
                with_check("type = \"http\"\nmethod = \"GET\"\n"),
                {"f:5:22: services.web.checks.c: has no url, which a check of type \"http\" needs: "
                 "what to get"}},
        BadFile{"SettingTypes",
                with_check("type = \"http\"\nurl = 5\nmethod = true\nstatus = [200, \"x\"]\n"
                           "headers = \"A: b\"\nfollow = \"yes\"\ndelay = 5\naccept = [1, true]\n"),
                {"f:7:7: services.web.checks.c.url: expected a string, got the integer 5",
                 "f:8:10: services.web.checks.c.method: expected a string, got true",
                 "f:9:16: services.web.checks.c.status: expected an integer, got the string \"x\"",
                 "f:10:11: services.web.checks.c.headers: expected an array of strings, got the "
                 "string \"A: b\"",
                 "f:11:10: services.web.checks.c.follow: expected true or false, got the string "
                 "\"yes\"",
                 "f:12:9: services.web.checks.c.delay: expected a duration with its unit such as "
                 "\"300ms\" (0s to 366d), got the integer 5",
                 "f:13:14: services.web.checks.c.accept: expected a string or an integer, got "
                 "true"}},
        BadFile{"TheKindsOwnJudgement",
                with_check("type = \"http\"\nurl = \"ftp://x/\"\nheaders = []\n"),
                {"f:5:22: services.web.checks.c: method: expected one beside headers",
                 "f:7:7: services.web.checks.c.url: expected a URL that starts with http://"}},
        BadFile{"Timing",
                with_check("type = \"tcp\"\nport = 1\ninterval = \"5ms\"\nfast_interval = \"1ms\"\n"
                           "timeout = \"0s\"\nrise = -1\nfall = 1001\n"),
                {"f:8:12: services.web.checks.c.interval: expected a duration of 10ms to 24h, got "
                 "\"5ms\"",
                 "f:9:17: services.web.checks.c.fast_interval: expected a duration of 10ms to 24h, "
                 "got \"1ms\"",
                 "f:10:11: services.web.checks.c.timeout: expected a duration of 1ms to 1h, got "
                 "\"0s\"",
                 "f:11:8: services.web.checks.c.rise: expected an integer of 1 to 1000, got the "
                 "integer -1",
                 "f:12:8: services.web.checks.c.fall: expected an integer of 1 to 1000, got the "
                 "integer 1001"}},
        BadFile{"FastIsSlower",
                with_check("type = \"tcp\"\nport = 1\ninterval = \"100ms\"\nfast_interval = "
                           "\"200ms\"\n"),
                {"f:9:17: services.web.checks.c.fast_interval: expected at most the interval "
                 "(100ms), got 200ms"}},
        BadFile{"FastIsSlowerThanTheDefault",
                with_check("type = \"tcp\"\nport = 1\nfast_interval = \"2s\"\n"),
                {"f:8:17: services.web.checks.c.fast_interval: expected at most the interval (1s), "
                 "got 2s"}}),
    name_of);

}  // namespace
}  // namespace vipherd::config
