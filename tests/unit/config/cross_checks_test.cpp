// Values that are right alone and wrong together, with the real kinds of checks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "vipherd/config/load.hpp"
#include "vipherd/probe/kinds.hpp"

namespace vipherd::config {
namespace {

std::vector<std::string> errors(const std::string& attach, const std::string& check) {
  const std::vector<Source> sources{
      {"f", "vips.pool = [\"10.10.10.0/24\", \"2001:db8::/64\"]\n[services.web]\n" + attach +
                "\nvips = [\"10.10.10.10\", \"2001:db8::10\"]\n[services.web.checks.c]\n" + check}};
  std::vector<std::string> texts;
  for (const ConfigError& error : parse(sources, probe::check_schemas(), "host").errors) {
    texts.push_back(to_string(error));
  }
  return texts;
}

TEST(Target, ADetachedVipWouldBeAnsweredByAnotherNode) {
  EXPECT_THAT(
      errors("", "type = \"tcp\"\naddress = \"10.10.10.10:80\"\n"),
      testing::ElementsAre("f:5:22: services.web.checks.c: connects to the VIP 10.10.10.10, "
                           "which other nodes answer while it is detached here: expected "
                           "attach = \"always\" in services.web"));
  for (const char* check : {"type = \"http\"\nurl = \"http://[2001:db8::10]/\"\n",
                            "type = \"http\"\nurl = \"http://web.example/\"\n"
                            "connect_to = \"10.10.10.10:80\"\n"}) {
    EXPECT_EQ(errors("attach = \"when-up\"", check).size(), 1U) << check;
  }
}

TEST(Target, AVipIsOneHoweverItIsSpelled) {
  for (const char* url :
       {"http://[::ffff:10.10.10.10]/", "http://[::FFFF:A0A:A0A]/", "http://0x0a0a0a0a/",
        "http://168430090/", "http://012.10.10.10/", "http://10.657930/", "http://%31%30.10.10.10/",
        "HTTP://user@10.10.10.10:80/", "http://[2001:DB8:0::0:10]/"}) {
    EXPECT_THAT(errors("", "type = \"http\"\nurl = \"" + std::string(url) + "\"\n"),
                testing::ElementsAre(testing::HasSubstr("connects to the VIP ")))
        << url;
  }
  for (const char* check :
       {"type = \"tcp\"\naddress", "type = \"tls\"\naddress", "type = \"grpc\"\naddress",
        "type = \"dns\"\nname = \"example.com\"\nserver"}) {
    EXPECT_THAT(errors("", check + std::string(" = \"[::ffff:10.10.10.10]:80\"\n")),
                testing::ElementsAre(testing::HasSubstr("connects to the VIP 10.10.10.10")))
        << check;
  }
}

TEST(Target, AnotherServicesVipIsAnsweredByAnotherNodeToo) {
  const auto with_other = [](const std::string& other, const std::string& check) {
    return errors("", "type = \"tcp\"\naddress = \"127.0.0.1:80\"\n[services.dns]\n" + other +
                          "vips = [\"10.10.10.53\"]\n[services.dns.checks.c]\n" + check);
  };
  const std::string to_web = "type = \"tcp\"\naddress = \"[::ffff:10.10.10.10]:80\"\n";
  for (const char* other : {"", "attach = \"always\"\n"}) {
    EXPECT_THAT(with_other(other, to_web),
                testing::ElementsAre(testing::HasSubstr(
                    "services.dns.checks.c: connects to 10.10.10.10, a VIP of the service web, "
                    "which another node may answer: expected an address that is always here, such "
                    "as 127.0.0.1")));
  }
  EXPECT_THAT(with_other("", "type = \"tcp\"\naddress = \"10.10.10.99:80\"\n"), testing::IsEmpty());
  // There the address is another one.
  EXPECT_THAT(with_other("vrf = \"blue\"\n", to_web), testing::IsEmpty());
}

TEST(Settings, ANulWouldCutATextShort) {
  EXPECT_THAT(errors("", "type = \"http\"\nurl = \"http://127.0.0.1/a\\u0000b\"\n"),
              testing::ElementsAre(testing::HasSubstr("expected a string without NUL")));
  EXPECT_THAT(errors("", "type = \"http\"\nurl = \"http://127.0.0.1/a\\u0001b\"\n"),
              testing::ElementsAre(testing::HasSubstr("expected a URL such as")));
  EXPECT_THAT(errors("", "type = \"exec\"\ncommand = [\"/bin/true\", \"a\\u0000b\"]\n"),
              testing::ElementsAre(testing::HasSubstr("expected a string without NUL")));
  EXPECT_THAT(errors("",
                     "type = \"tcp\"\naddress = \"127.0.0.1:80\"\nsend = \"\\u0000\"\n"
                     "expect = \"\\u0000\"\n"),
              testing::IsEmpty());
}

TEST(Target, ElsewhereOrAlwaysAttachedIsFine) {
  EXPECT_THAT(errors("attach = \"always\"", "type = \"tcp\"\naddress = \"10.10.10.10:80\"\n"),
              testing::IsEmpty());
  for (const char* check : {"type = \"tcp\"\naddress = \"127.0.0.1:80\"\n",
                            "type = \"http\"\nurl = \"http://10.10.10.11/\"\n",
                            "type = \"http\"\nurl = \"http://10.10.10.10/\"\n"
                            "connect_to = \"127.0.0.1:80\"\n"}) {
    EXPECT_THAT(errors("", check), testing::IsEmpty()) << check;
  }
}

TEST(Target, IsNotJudgedWhenTheCheckIsInvalid) {
  EXPECT_EQ(errors("", "type = \"tcp\"\naddress = \"10.10.10.10\"\n").size(), 1U);
  EXPECT_EQ(errors("", "type = \"tcp\"\n").size(), 1U);
  EXPECT_EQ(errors("", "type = \"nonsense\"\naddress = \"10.10.10.10:80\"\n").size(), 1U);
}

const model::ServiceConfig service(const std::string& keys, const std::string& check) {
  const std::vector<Source> sources{
      {"f", "vips.pool = [\"10.10.10.0/24\", \"2001:db8::/64\"]\n[services.web]\n" + keys +
                "\nvips = [\"10.10.10.10\", \"2001:db8::10\"]\n[services.web.checks.c]\n" + check}};
  const Loaded loaded = parse(sources, probe::check_schemas(), "host");
  for (const ConfigError& error : loaded.errors) ADD_FAILURE() << to_string(error);
  return loaded.config ? loaded.config->services.at(0) : model::ServiceConfig{};
}

TEST(ViaVip, AimsAtEveryVipAndKeepsThemAttached) {
  const auto web = service("", "type = \"tcp\"\naddress = \"127.0.0.1:80\"\nvia_vip = true\n");
  EXPECT_EQ(web.attach, model::AttachPolicy::always);
  EXPECT_EQ(web.checks.at(0).needed_vips, web.vips);
  const auto& vip_targets = web.checks.at(0).vip_targets;
  ASSERT_EQ(vip_targets.size(), 2U);
  EXPECT_EQ(std::get<std::string>(vip_targets[0].given.at("address")), "10.10.10.10:80");
  EXPECT_EQ(std::get<std::string>(vip_targets[1].given.at("address")), "[2001:db8::10]:80");
}

TEST(ViaVip, PreparesWhatIsAimed) {
  const auto web = service("", "type = \"tcp\"\naddress = \"127.0.0.1:80\"\nvia_vip = true\n");
  const auto& vip_targets = web.checks.at(0).vip_targets;
  ASSERT_EQ(vip_targets.size(), 2U);
  EXPECT_EQ(vip_targets[0].target->to_string(), "10.10.10.10:80");
  EXPECT_EQ(vip_targets[1].target->to_string(), "[2001:db8::10]:80");
}

TEST(ViaVip, IsWatchedAtEachVip) {
  const auto web = service("",
                           "type = \"http\"\nurl = \"http://127.0.0.1/\"\nvia_vip = true\n"
                           "watch_connection = true\n");
  const auto& watches = web.checks.at(0).watch_connections;
  ASSERT_EQ(watches.size(), 2U);
  EXPECT_EQ(watches[0].what, "10.10.10.10:80");
  EXPECT_EQ(watches[1].what, "[2001:db8::10]:80");
}

/// Each load prepares anew: what was not changed must not be probed afresh for that.
TEST(CheckConfig, IsEqualWhenItIsReadAgain) {
  const std::vector<std::string> checks{
      "type = \"http\"\nurl = \"http://127.0.0.1/\"\nexpect_body_regex = \"^up$\"\n",
      "type = \"https\"\nurl = \"https://web.example/\"\nvia_vip = true\n",
      "type = \"grpc\"\naddress = \"127.0.0.1:80\"\n",
      "type = \"tls\"\naddress = \"127.0.0.1:80\"\nwatch_connection = true\n",
      "type = \"dns\"\nserver = \"127.0.0.1:53\"\nname = \"example.com\"\n",
      "type = \"exec\"\ncommand = [\"/bin/true\"]\n",
      "type = \"systemd\"\nunit = \"nginx.service\"\n",
      "type = \"file\"\npath = \"/run/x\"\n"};
  for (const std::string& check : checks) {
    EXPECT_EQ(service("", check), service("", check)) << check;
    for (const std::string& other : checks) {
      if (other == check) continue;
      EXPECT_NE(service("", check), service("", other)) << check << other;
    }
  }
}

TEST(Vrf, OfTheServiceIsThatOfItsChecks) {
  const std::string tcp = "type = \"tcp\"\naddress = \"127.0.0.1:80\"\nwatch_connection = true\n";
  EXPECT_EQ(service("", tcp).vrf, "");
  for (const auto& [key, vrf] : std::map<std::string, std::string>{
           {"", "blue"}, {"vrf = \"red\"\n", "red"}, {"vrf = \"default\"\n", ""}}) {
    const auto web = service("vrf = \"blue\"", tcp + key);
    EXPECT_EQ(web.vrf, "blue");
    EXPECT_EQ(web.checks.at(0).vrf, vrf);
    EXPECT_EQ(web.checks.at(0).watch_connections.at(0).vrf, vrf);
  }
}

TEST(Vrf, IsNoMatterOfWhatConnectsToNothing) {
  const std::string exec = "type = \"exec\"\ncommand = [\"/bin/true\"]\n";
  EXPECT_THAT(errors("vrf = \"blue\"", exec), testing::IsEmpty());
  EXPECT_THAT(errors("", exec + "vrf = \"blue\"\n"),
              testing::ElementsAre("f:8:7: services.web.checks.c.vrf: a check of type \"exec\" "
                                   "connects to nothing"));
}

TEST(Vrf, IsTheNameOfAnInterface) {
  for (const char* name : {"", "a-name-of-16-chr", "a b", "..", "a/b", "a:b"}) {
    EXPECT_THAT(errors("vrf = \"" + std::string(name) + "\"",
                       "type = \"tcp\"\naddress = \"127.0.0.1:80\"\n"),
                testing::ElementsAre(testing::HasSubstr("services.web.vrf: expected the name of")))
        << name;
  }
}

TEST(ViaVip, WorksForNamesAsWell) {
  const auto web =
      service("", "type = \"http\"\nurl = \"http://web.example:8080/\"\nvia_vip = true\n");
  const auto& vip_targets = web.checks.at(0).vip_targets;
  ASSERT_EQ(vip_targets.size(), 2U);
  EXPECT_EQ(std::get<std::string>(vip_targets[0].given.at("connect_to")), "10.10.10.10:8080");
  EXPECT_EQ(std::get<std::string>(vip_targets[1].given.at("connect_to")), "[2001:db8::10]:8080");
}

TEST(ViaVip, ForbidsToDetach) {
  EXPECT_THAT(errors("attach = \"when-up\"",
                     "type = \"tcp\"\naddress = \"127.0.0.1:80\"\nvia_vip = true\n"),
              testing::ElementsAre("f:3:10: services.web.attach: check c has via_vip = true, which "
                                   "needs attach = \"always\""));
}

TEST(RefusedConnection, DecidesUnlessFallIsSet) {
  const std::string check = "type = \"tcp\"\naddress = \"127.0.0.1:80\"\n";
  EXPECT_TRUE(service("", check).checks.at(0).refused_decides);
  EXPECT_FALSE(service("", check + "fall = 2\n").checks.at(0).refused_decides);
}

TEST(WatchConnection, IsHeldToWhereTheCheckConnects) {
  const std::string watch = "watch_connection = true\n";
  EXPECT_EQ(service("", "type = \"http\"\nurl = \"http://127.0.0.1/\"\n" + watch)
                .checks.at(0)
                .watch_connections.at(0),
            (model::WatchTarget{
                "127.0.0.1:80",
                "HEAD / HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: vipherd/" VIPHERD_VERSION
                "\r\nAccept: */*\r\n\r\n"}));
  EXPECT_THAT(
      errors("", "type = \"http\"\nurl = \"http://localhost/\"\n" + watch),
      testing::ElementsAre("f:8:20: services.web.checks.c.watch_connection: expected a check "
                           "that connects to a numeric address and TCP port"));
}

/// With frr.announcer = "connected".
Loaded connected(const std::string& vips, const std::string& service, const std::string& check) {
  const std::vector<Source> sources{
      {"f", "frr.announcer = \"connected\"\nvips.pool = [\"10.10.10.0/24\"]\n" + vips +
                "\n[services.web]\nvips = [\"10.10.10.10\"]\n" + service +
                "\n[services.web.checks.c]\n" + check}};
  return parse(sources, probe::check_schemas(), "host");
}
std::vector<std::string> connected_errors(const std::string& vips, const std::string& service,
                                          const std::string& check) {
  std::vector<std::string> texts;
  for (const ConfigError& error : connected(vips, service, check).errors) {
    texts.push_back(to_string(error));
  }
  return texts;
}
const std::string kTcp = "type = \"tcp\"\naddress = \"127.0.0.1:80\"\n";

TEST(Connected, DetachesWithoutDelay) {
  const Loaded loaded = connected("vips.detach_delay = \"0s\"", "attach = \"when-up\"", kTcp);
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->frr.announcer, model::Announcer::connected);
  EXPECT_EQ(loaded.config->vips.detach_delay, Duration::zero());
  ASSERT_TRUE(connected("", "", kTcp).config);
  EXPECT_EQ(connected("", "", kTcp).config->vips.detach_delay, Duration::zero());
  EXPECT_THAT(connected_errors("vips.detach_delay = \"1s\"", "", kTcp),
              testing::ElementsAre("f:3:21: vips.detach_delay: with frr.announcer = \"connected\" "
                                   "detaching is what withdraws, expected none"));
}

TEST(Connected, TheAddressIsAllThereIs) {
  const std::string why = "with frr.announcer = \"connected\" the address is the announcement";
  EXPECT_THAT(connected_errors("", "attach = \"always\"", kTcp),
              testing::ElementsAre("f:6:10: services.web.attach: " + why +
                                   ", expected \"when-up\": let the service listen on the wildcard "
                                   "address, or set net.ipv4.ip_nonlocal_bind and "
                                   "net.ipv6.ip_nonlocal_bind"));
  EXPECT_THAT(
      connected_errors("", "tag = 300\nmetric = 5", kTcp),
      testing::ElementsAre("f:6:7: services.web.tag: " + why + ", which carries no tag",
                           "f:7:10: services.web.metric: " + why + ", which carries no metric"));
  const std::vector<Source> own{
      {"f",
       "frr.announcer = \"connected\"\nvips.pool = [\"10.10.10.0/24\"]\n[services.web]\n"
       "vips = [{ address = \"10.10.10.10\", metric = 5 }]\n[services.web.checks.c]\n" +
           kTcp}};
  const auto errors = parse(own, probe::check_schemas(), "host").errors;
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(to_string(errors[0]),
            "f:4:45: services.web.vips.metric: " + why + ", which carries no metric");
  EXPECT_THAT(
      connected_errors("", "weighting = \"metric\"", kTcp),
      testing::ElementsAre("f:6:13: services.web.weighting: an address on lo has no weight: "
                           "expected the announcer \"zapi\" or \"vty\""));
  EXPECT_THAT(connected_errors("", "", kTcp + "via_vip = true\n"),
              testing::ElementsAre("f:10:11: services.web.checks.c.via_vip: " + why +
                                   ", so the VIP is not here before the check has passed: "
                                   "expected an address that is always here, such as 127.0.0.1"));
  EXPECT_THAT(
      connected_errors("", "", "type = \"tcp\"\naddress = \"10.10.10.10:80\"\n"),
      testing::ElementsAre("f:7:22: services.web.checks.c: connects to the VIP 10.10.10.10, "
                           "which other nodes answer while it is detached here: expected "
                           "an address that is always here, such as 127.0.0.1"));
}

TEST(TimeToStop, IsLongerThanTheDelayBeforeDetaching) {
  const auto errors_of = [](const std::string& head) {
    const std::vector<Source> sources{
        {"f", head + "[services.web]\nvips = [\"10.10.10.10\"]\n[services.web.checks.c]\n"
                     "type = \"tcp\"\naddress = \"127.0.0.1:80\"\n"}};
    std::vector<std::string> texts;
    for (const ConfigError& error : parse(sources, probe::check_schemas(), "host").errors) {
      texts.push_back(to_string(error));
    }
    return texts;
  };
  EXPECT_THAT(errors_of("node.shutdown_timeout = \"1s\"\nvips.pool = [\"10.10.10.0/24\"]\n"),
              testing::ElementsAre("f:1:25: node.shutdown_timeout: expected more than "
                                   "vips.detach_delay (1s)"));
  EXPECT_THAT(errors_of("vips.detach_delay = \"20s\"\nvips.pool = [\"10.10.10.0/24\"]\n"),
              testing::ElementsAre("f:1:21: vips.detach_delay: expected less than "
                                   "node.shutdown_timeout (10s)"));
}

}  // namespace
}  // namespace vipherd::config
