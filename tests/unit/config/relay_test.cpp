#include <gmock/gmock.h>

#include "schemas.hpp"
#include "vipherd/config/effective.hpp"
#include "vipherd/config/load.hpp"

namespace vipherd::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Loaded parse_with_relay(const std::string& relay) {
  const std::vector<Source> sources{
      {"f", relay +
                "\n[vips]\npool = [\"10.10.10.0/24\"]\n[services.web]\nvips = [\"10.10.10.10\"]\n"
                "[services.web.checks.up]\ntype = \"tcp\"\nport = 80\n"}};
  return parse(sources, test::schemas(), "host7");
}

std::vector<std::string> errors_with_relay(const std::string& relay) {
  std::vector<std::string> texts;
  for (const ConfigError& error : parse_with_relay(relay).errors) {
    texts.push_back(to_string(error));
  }
  return texts;
}

TEST(RelaySection, WithoutItThereIsNoRelay) {
  const Loaded loaded = parse_with_relay("");
  ASSERT_TRUE(loaded.config);
  EXPECT_FALSE(loaded.config->relay);
}

TEST(RelaySection, NamesTheSiblings) {
  const Loaded loaded = parse_with_relay(R"([relay]
siblings = ["192.168.100.2", "2001:db8::2"]
interfaces = ["eth1"]
port = 7000
key_file = "/etc/vipherd/relay.key"
packets_per_second = 5000)");
  ASSERT_TRUE(loaded.config);
  ASSERT_TRUE(loaded.config->relay);
  EXPECT_EQ(*loaded.config->relay, (model::RelayConfig{{IpAddress::parse("192.168.100.2").value(),
                                                        IpAddress::parse("2001:db8::2").value()},
                                                       {"eth1"},
                                                       7000,
                                                       "/etc/vipherd/relay.key",
                                                       5000}));
}

TEST(RelaySection, NeedsSiblings) {
  EXPECT_THAT(errors_with_relay("[relay]"),
              ElementsAre("f:1:2: relay: has no siblings, expected siblings = "
                          "[\"192.168.100.2\", ...]: the addresses of all nodes, this one's among "
                          "them"));
  EXPECT_THAT(errors_with_relay("[relay]\nsiblings = []"), ElementsAre(HasSubstr("an empty one")));
}

TEST(RelaySection, EverySiblingIsAnAddressThatOtherNodesReach) {
  EXPECT_THAT(errors_with_relay(
                  "[relay]\nsiblings = [\"lb2\", \"127.0.0.1\", \"fe80::1\", \"10.10.10.10\"]"),
              ElementsAre(HasSubstr("expected an address such as \"192.168.100.2\""),
                          HasSubstr("got \"127.0.0.1\" (loopback)"),
                          HasSubstr("got \"fe80::1\" (link-local)")));
  EXPECT_THAT(errors_with_relay("[relay]\nsiblings = [\"10.10.10.10\", \"192.0.2.1\"]"),
              ElementsAre("f:2:12: relay.siblings: 10.10.10.10 is a VIP of service web, expected "
                          "addresses that one node alone has"));
}

TEST(RelaySection, HasRoomForSixtyFourNodes) {
  std::string list;
  for (int number = 1; number <= 65; ++number) {
    list += (number > 1 ? ", " : "") + ("\"192.0.2." + std::to_string(number) + "\"");
  }
  EXPECT_THAT(errors_with_relay("[relay]\nsiblings = [" + list + "]"),
              ElementsAre(HasSubstr("expected at most 64 addresses, got 65")));
}

TEST(RelaySection, LeavesRoomForTheHeartbeatsPort) {
  EXPECT_THAT(errors_with_relay("[relay]\nsiblings = [\"192.0.2.1\"]\nport = 65535"),
              ElementsAre(HasSubstr("an integer of 1 to 65534")));
}

TEST(RelaySection, IsPartOfTheEffectiveConfiguration) {
  const Loaded loaded = parse_with_relay("[relay]\nsiblings = [\"192.0.2.1\"]");
  ASSERT_TRUE(loaded.config);
  std::vector<std::string> keys;
  for (const EffectiveValue& value : effective_values(*loaded.config, {})) {
    if (value.table == std::vector<std::string>{"relay"}) {
      keys.push_back(value.key + " = " + value.value);
    }
  }
  EXPECT_THAT(keys, ElementsAre("siblings = [\"192.0.2.1\"]", "port = 6511",
                                "packets_per_second = 100000"));
}

}  // namespace
}  // namespace vipherd::config
